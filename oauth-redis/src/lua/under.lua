-- What redeem, rotate and issue share. `T` is the place of the grant. On one server `P`, `C` are that
-- same place: pointers and clients are at hand. In a cluster they are empty: the caller has followed
-- the pointer and asked the client, and says in `id`, `incarnation` and `enabled` what it found.
local T, P, id, digest, C, incarnation, enabled, now = unpack(ARGV, 1, 8)
local new = {
  access = ARGV[9], value = ARGV[10], ends = ARGV[11], grant = ARGV[12], client = ARGV[13],
  refresh = ARGV[14], refresh_value = ARGV[15], family_ends = ARGV[16], grant_ends = ARGV[17],
}
-- The secret that authenticated the client, as it stands in the client's record; empty if there is none to
-- compare. In a cluster the caller has compared it, and anything but empty says that it is not there.
local secret = ARGV[18]
local moment = tonumber(now)
local GONE, NOW, TAKEN, FOREIGN, UNKNOWN, BEFORE, REPLAY, UNAUTHENTICATED = 0, 1, 2, 3, 4, 5, 6, 7

local function find(kind)
  if id == '' then
    local found = call('GET', P .. kind .. digest)
    if not found then return false end
    id = string.sub(found, 1, 16)
  end
  return true
end

-- Says whether the client that the grant was given to is there, enabled, and has the secret still.
local function client_of(grant_client, grant_incarnation)
  if C ~= '' then
    local key = C .. 'c' .. grant_client
    local client = call('HMGET', key, 'i', 'e')
    incarnation, enabled = client[1], client[2]
    if secret ~= '' and string.find(call('HGET', key, 'r') or '', secret, 1, true) then secret = '' end
  end
  return incarnation == grant_incarnation, enabled == '1', secret == ''
end

-- Whether this very call has been here before: the client of a cluster repeats what was not answered.
local function is_repeated()
  return P == '' and call('GET', T .. 'a' .. new.access) == new.value
end

-- Adds the tokens, or nothing where it returns why not.
local function add(key, grant_client, grant_ends, horizon, predecessor)
  if new.grant ~= id or new.client ~= grant_client then return FOREIGN end
  if call('EXISTS', T .. 'a' .. new.access) == 1 then return TAKEN end
  if new.refresh ~= '' and call('HEXISTS', key, 't' .. new.refresh) == 1 then return TAKEN end
  if new.refresh ~= '' and P ~= '' and call('EXISTS', P .. 'r' .. new.refresh) == 1 then return TAKEN end
  local lives = left(new.ends, now)
  call('SET', T .. 'a' .. new.access, new.value, 'EX', lives)
  due(T, new.ends, 'a' .. new.access, lives, now)
  -- The last moment at which a pointer to this grant may be asked for.
  local last = math.max(tonumber(horizon), tonumber(new.grant_ends), tonumber(new.family_ends))
  local seconds = left(last, now)
  call('HSET', key, 'e', new.grant_ends, 'l', now, 'h', last)
  if new.refresh ~= '' then
    call('HSET', key, 't' .. new.refresh, new.refresh_value .. predecessor)
    if P ~= '' then call('SET', P .. 'r' .. new.refresh, id .. grant_client, 'EX', seconds) end
  end
  keep(key, seconds)
  -- The lists by which an end finds the grant live as long as it does.
  if P ~= '' then enter_grant(P, grant_client, call('HGET', key, 's'), id, seconds) end
  if new.grant_ends ~= grant_ends then due(T, new.grant_ends, 'g' .. id, seconds, now) end
  return nil, last > tonumber(horizon), seconds
end

-- Revokes the grant. It leaves the list by client, unless that stands elsewhere: then it goes at its end.
local function revoke(key)
  call('HSET', key, 'v', now)
  local g = call('HMGET', key, 'c', 's')
  if P ~= '' then call('ZREM', P .. 'x' .. g[2], g[1] .. '\0' .. id) end
end

-- Lets the older pointers live as long as the grant that lives longer now; where they are not at hand
-- it returns which they are.
local function extend(key, seconds)
  local fields = call('HKEYS', key)
  local code = call('HGET', key, 'k')
  local pointers = {}
  if code then pointers[1] = 'k' .. code end
  for _, field in ipairs(fields) do
    if string.sub(field, 1, 1) == 't' then pointers[#pointers + 1] = 'r' .. string.sub(field, 2) end
  end
  if P == '' then return pointers end
  for _, pointer in ipairs(pointers) do call('EXPIRE', P .. pointer, seconds) end
  return {}
end

local function answer(status, text, pointers, seconds)
  return { status, text or '', pointers or {}, seconds or 0 }
end
