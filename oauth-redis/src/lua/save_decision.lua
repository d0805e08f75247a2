-- A decision stands in its session, and goes with it at the latest.
local T, session, request, ends, record = unpack(ARGV)
local lives = call('TTL', KEYS[1])
if lives < 0 then return 0 end
call('HSET', KEYS[1], 'd' .. request, ends .. ':' .. record)
due(T, ends, 'd' .. session .. request, lives)
return 1
