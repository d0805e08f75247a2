local T, digest, subject, record, ends, now = unpack(ARGV)
if call('EXISTS', KEYS[1]) == 1 then return 0 end
local lives = left(ends, now)
call('HSET', KEYS[1], 's', subject, 'e', ends, 'r', record)
call('EXPIRE', KEYS[1], lives)
due(T, ends, 'q' .. digest, lives, now)
return 1
