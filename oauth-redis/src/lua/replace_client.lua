-- Replaces what is there, or only what is still of the version that was read; returns what was there.
local old = redis.call('HMGET', KEYS[1], 'r', 'v')
if not old[2] or (ARGV[1] ~= '' and old[2] ~= ARGV[1]) then return { old[2] and 0 or -1, '', '' } end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return { 1, old[1], old[2] }
