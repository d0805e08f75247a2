local T, subject, username = unpack(ARGV, 1, 3)
local key, name = T .. 'A' .. subject, T .. 'N' .. username
if call('EXISTS', key) + call('EXISTS', name) > 0 then return 0 end
call('HSET', key, unpack(ARGV, 4))
call('SET', name, subject)
call('ZADD', T .. 'Z', 0, username)
return 1
