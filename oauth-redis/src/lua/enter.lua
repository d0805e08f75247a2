-- Adds an entry to a list that ends with the last of its entries.
enter(KEYS[1], ARGV[1], tonumber(ARGV[2]))
return 1
