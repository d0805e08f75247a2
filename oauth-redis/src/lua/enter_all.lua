-- Enters grants in the lists of their clients and people, on one server, for as long as they live; gives their number.
local P, number = ARGV[1], 0
for i = 2, #ARGV do
  local id = ARGV[i]
  local subject, client, revoked = unpack(call('HMGET', P .. 'g' .. id, 's', 'c', 'v'))
  local seconds = call('TTL', P .. 'g' .. id)
  if subject and client and not revoked and seconds > 0 then
    enter_grant(P, client, subject, id, seconds)
    number = number + 1
  end
end
return number
