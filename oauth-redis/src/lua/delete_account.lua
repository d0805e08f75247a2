-- Deletes an account, and notes whom to sign out: a process that dies before it has done so leaves the note, and
-- the sweep finishes its work.
local T, subject, note, now = unpack(ARGV)
local key = T .. 'A' .. subject
local username = redis.call('HGET', key, 'n')
if not username then return 0 end
redis.call('DEL', key, T .. 'N' .. username)
redis.call('ZREM', T .. 'Z', username)
redis.call('ZADD', T .. 'W', now, note)
return 1
