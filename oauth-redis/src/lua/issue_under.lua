local key = T .. 'g' .. id
local g = call('HMGET', key, 'c', 'i', 'e', 'v', 'h')
if not g[1] then return answer(GONE) end
local there, is_enabled, is_authentic = client_of(g[1], g[2])
if not there or not is_enabled or not is_authentic or g[4] or tonumber(g[3]) <= moment then return answer(GONE) end
local refused, longer, seconds = add(key, g[1], g[3], g[5], '')
if refused then return answer(refused) end
if longer then return answer(NOW, '', extend(key, seconds), seconds) end
return answer(NOW)
