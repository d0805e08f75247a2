-- Enters grants in the lists of their clients and people, on one server, for as long as they live; gives their number.
local P, number = ARGV[1], 0
for i = 2, #ARGV do
  local id = ARGV[i]
  local subject, client, revoked = unpack(call('HMGET', P .. 'g' .. id, 's', 'c', 'v'))
  local seconds = call('TTL', P .. 'g' .. id)
  if subject and client and not revoked and seconds > 0 then
    local lists = { ['l' .. client] = id, ['u' .. subject] = id, ['x' .. subject] = client .. '\0' .. id }
    for list, entry in pairs(lists) do
      call('ZADD', P .. list, 0, entry)
      keep(P .. list, seconds)
    end
    number = number + 1
  end
end
return number
