-- Ends a session with its decisions; says whose it was.
local subject = redis.call('HGET', KEYS[1], 's')
if not subject then return false end
redis.call('DEL', KEYS[1])
if ARGV[1] ~= '' then redis.call('ZREM', ARGV[1] .. 'v' .. subject, ARGV[2]) end
return subject
