-- A token that stands under no grant. It carries the client's epoch, which every revocation of all its
-- tokens renews.
local T, client_key, epoch, head, tail, ends, now, digest, secret = unpack(ARGV)
if client_key ~= '' then
  local client = call('HMGET', client_key, 'e', 'o')
  if client[1] ~= '1' then return 0 end
  if secret ~= '' and not string.find(call('HGET', client_key, 'r') or '', secret, 1, true) then return 0 end
  epoch = client[2]
end
-- In a cluster a token under a grant has its pointer here.
if client_key == '' and call('EXISTS', T .. 'p' .. digest) == 1 then return 2 end
local lives = left(ends, now)
if not call('SET', KEYS[1], head .. epoch .. tail, 'NX', 'EX', lives) then return 2 end
due(T, ends, 'a' .. digest, lives, now)
return 1
