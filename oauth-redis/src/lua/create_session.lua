local T, I, digest, subject, record, ends, now = unpack(ARGV)
if call('EXISTS', KEYS[1]) == 1 then return 0 end
local lives = left(ends, now)
call('HSET', KEYS[1], 's', subject, 'r', record)
call('EXPIRE', KEYS[1], lives)
if I ~= '' then
  call('ZADD', I .. 'v' .. subject, 0, digest)
  keep(I .. 'v' .. subject, lives)
end
due(T, ends, 's' .. digest, lives, now)
return 1
