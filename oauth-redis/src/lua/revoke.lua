-- In a cluster `I` is empty: the list by client stands elsewhere, and the caller sees to it.
local now, I, id = unpack(ARGV)
local grant = redis.call('HMGET', KEYS[1], 'e', 'v', 'c', 's')
if not grant[1] or grant[2] or tonumber(grant[1]) <= tonumber(now) then return 0 end
redis.call('HSET', KEYS[1], 'v', now)
if I ~= '' then redis.call('ZREM', I .. 'x' .. grant[4], grant[3] .. '\0' .. id) end
return 1
