-- Keeps a tombstone until `ends`, in the place of the one that is there.
local T, digest, ends, now = unpack(ARGV)
local lives = left(ends, now)
call('SET', KEYS[1], ends, 'EX', lives)
due(T, ends, 'w' .. digest, lives, now)
return 1
