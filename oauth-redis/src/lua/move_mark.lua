-- Moves the mark of a person: every decision that was made under another one is overtaken.
local T, subject, mark, ends, now = unpack(ARGV)
local lives = left(ends, now)
call('SET', KEYS[1], mark .. ':' .. ends, 'EX', lives)
due(T, ends, 'm' .. subject, lives, now)
return 1
