-- A grant, and a code, a refresh token or an access token under it, with its client where that is at
-- hand.
local T, P, id, kind, digest, C = unpack(ARGV)
local call = redis.call
if id == '' then
  local found = call('GET', P .. kind .. digest)
  if not found then return false end
  id = string.sub(found, 1, 16)
end
local key = T .. 'g' .. id
local grant = call('HMGET', key, 'c', 'i', 's', 'r', 'e', 'l', 'v')
if not grant[1] then return false end
local part = {}
if kind == 'k' then
  part = call('HMGET', key, 'k', 'K', 'x', 'u')
elseif kind == 'r' then
  part = call('HMGET', key, 't' .. digest, 'y' .. digest)
elseif kind == 'a' then
  part = { call('GET', T .. 'a' .. digest) }
end
local client = C ~= '' and call('HMGET', C .. 'c' .. grant[1], 'e', 'i', 'o')
return { id, grant, part, client }
