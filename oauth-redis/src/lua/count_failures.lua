local number, ends, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known = redis.call('HGET', KEYS[1], 'e')
if known and tonumber(known) > now then
  ends = known
else
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'e', ends)
end
-- It counts for a minute of the provider's clock, and goes soon after by the server's.
redis.call('EXPIRE', KEYS[1], 120)
return { redis.call('HINCRBY', KEYS[1], 'n', number), tonumber(ends) }
