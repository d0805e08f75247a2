-- Replaces the part of an account that is one record, if it still is what was read.
local record = redis.call('HGET', KEYS[1], 'r')
if not record then return -1 end
if record ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'r', ARGV[2])
return 1
