-- Replaces an account, if it still is what was read, and notes whom to sign out: a process that dies before it
-- has done so leaves the note, and the sweep finishes its work.
local T, note, now, password, enabled, record, new_password, new_enabled, new_record = unpack(ARGV)
local held = redis.call('HMGET', KEYS[1], 'p', 'e', 'r')
if not held[3] then return -1 end
if held[1] ~= password or held[2] ~= enabled or held[3] ~= record then return 0 end
redis.call('HSET', KEYS[1], 'p', new_password, 'e', new_enabled, 'r', new_record)
if note ~= '' then redis.call('ZADD', T .. 'W', now, note) end
return 1
