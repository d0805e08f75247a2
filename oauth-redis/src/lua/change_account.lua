-- Changes an account, or deletes it where no field is given, and notes whom to sign out: a process
-- that dies before it has done so leaves the note, and the sweep finishes its work.
local T, subject, note, now, field, value = unpack(ARGV)
local key = T .. 'A' .. subject
local username = call('HGET', key, 'n')
if not username then return 0 end
if field == '' then
  call('DEL', key, T .. 'N' .. username)
  call('ZREM', T .. 'Z', username)
else
  call('HSET', key, field, value)
end
if note ~= '' then call('ZADD', T .. 'W', now, note) end
return 1
