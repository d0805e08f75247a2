-- Gives an account another name, if it still is what was read and nobody else has the name.
local T, subject, name, password, enabled, record, new_name, new_record = unpack(ARGV)
local held = redis.call('HMGET', KEYS[1], 'n', 'p', 'e', 'r')
if not held[1] then return -1 end
if held[1] ~= name or held[2] ~= password or held[3] ~= enabled or held[4] ~= record then return 0 end
if new_name ~= name and redis.call('EXISTS', T .. 'N' .. new_name) == 1 then return 2 end
redis.call('HSET', KEYS[1], 'n', new_name, 'r', new_record)
redis.call('DEL', T .. 'N' .. name)
redis.call('SET', T .. 'N' .. new_name, subject)
redis.call('ZREM', T .. 'Z', name)
redis.call('ZADD', T .. 'Z', 0, new_name)
return 1
