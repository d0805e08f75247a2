-- Adds an entry to a list that ends with the last of its entries.
call('ZADD', KEYS[1], 0, ARGV[1])
keep(KEYS[1], tonumber(ARGV[2]))
return 1
