-- Revokes a grant. It may have expired: the `now` of a redemption under way may be an earlier one.
-- 0: it is not there or was revoked, 1: it was live, 2: it had expired.
-- In a cluster `I` is empty: the list by client stands elsewhere, and the caller sees to it.
local now, I, id = unpack(ARGV)
local grant = redis.call('HMGET', KEYS[1], 'e', 'v', 'c', 's')
if not grant[1] or grant[2] then return 0 end
redis.call('HSET', KEYS[1], 'v', now)
if I ~= '' then redis.call('ZREM', I .. 'x' .. grant[4], grant[3] .. '\0' .. id) end
return tonumber(grant[1]) > tonumber(now) and 1 or 2
