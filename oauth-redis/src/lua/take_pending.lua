-- Takes a request for the person whom it waits for, unless it is over.
local subject, now = unpack(ARGV)
local held = redis.call('HMGET', KEYS[1], 's', 'e', 'r')
if held[1] ~= subject or tonumber(held[2]) <= tonumber(now) then return false end
redis.call('DEL', KEYS[1])
return held[3]
