local sealed, window_ends = ARGV[19], ARGV[20]
if not find('r') then return answer(UNKNOWN) end
local key = T .. 'g' .. id
local g = call('HMGET', key, 'c', 'i', 'e', 'v', 'h', 't' .. digest, 'y' .. digest)
if not g[1] or not g[6] then return answer(UNKNOWN) end
local there, is_enabled, is_authentic = client_of(g[1], g[2])
if not there then return answer(UNKNOWN) end
if not is_enabled or g[4] or tonumber(g[3]) <= moment then return answer(GONE) end
if not is_authentic then return answer(UNAUTHENTICATED) end
if g[7] then
  if is_repeated() then return answer(NOW) end
  local given_until = string.match(g[7], ':(%-?%d+)$')
  local kept = moment < tonumber(given_until) and call('GET', T .. 'z' .. digest)
  if kept then return answer(REPLAY, kept) end
  revoke(key)
  return answer(BEFORE, id)
end
local ends, predecessor = string.match(g[6], '^%-?%d+:(%-?%d+):%-?%d+:(.*)$')
if tonumber(ends) <= moment then return answer(GONE) end
local refused, longer, seconds = add(key, g[1], g[3], g[5], digest)
if refused then return answer(refused) end
call('HSET', key, 'y' .. digest, now .. ':' .. window_ends)
if moment < tonumber(window_ends) then
  local lives = left(window_ends, now)
  call('SET', T .. 'z' .. digest, sealed, 'EX', lives)
  due(T, window_ends, 'z' .. digest, lives, now)
end
-- Who uses the successor has had the answer that led to it: that answer is not given again.
if predecessor ~= '' then call('DEL', T .. 'z' .. predecessor) end
if longer then return answer(NOW, '', extend(key, seconds), seconds) end
return answer(NOW)
