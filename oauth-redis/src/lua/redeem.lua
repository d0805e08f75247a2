if not find('k') then return answer(UNKNOWN) end
local key = T .. 'g' .. id
local g = call('HMGET', key, 'c', 'i', 'e', 'v', 'k', 'x', 'u', 'h')
if not g[1] or g[5] ~= digest then return answer(UNKNOWN) end
local there, is_enabled, is_authentic = client_of(g[1], g[2])
if not there then return answer(UNKNOWN) end
if not is_enabled or g[4] or tonumber(g[3]) <= moment then return answer(GONE) end
if not is_authentic then return answer(UNAUTHENTICATED) end
if g[7] then
  if is_repeated() then return answer(NOW) end
  revoke(key)
  return answer(BEFORE, id)
end
if tonumber(g[6]) <= moment then return answer(GONE) end
local refused, longer, seconds = add(key, g[1], g[3], g[8], '')
if refused then return answer(refused) end
call('HSET', key, 'u', now)
if longer then return answer(NOW, '', extend(key, seconds), seconds) end
return answer(NOW)
