-- One access token on one server, with its grant and its client as they are now.
local token = redis.call('GET', KEYS[1])
if not token then return false end
-- Where the length of the client's identifier stands: after an epoch, or after a grant.
local T, grant, at = ARGV[1], false, 10
if string.byte(token, 1) == 1 then
  grant = redis.call('HMGET', T .. 'g' .. string.sub(token, 2, 17), 'c', 'i', 's', 'r', 'e', 'l', 'v')
  at = 18
end
local length = string.byte(token, at)
return { token, grant, redis.call('HMGET', T .. 'c' .. string.sub(token, at + 1, at + length), 'e', 'i', 'o') }
