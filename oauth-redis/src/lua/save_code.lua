-- `P`, `C`, `I` are empty in a cluster: pointer, client and lists stand elsewhere, and were seen to.
local T, P, C, I, id, digest, client_id, incarnation, subject, now, code_ends, horizon, grant_ends = unpack(ARGV, 1, 13)
local version, epoch, mark = unpack(ARGV, 14, 16)
if C ~= '' then
  local client = call('HMGET', C .. 'c' .. client_id, 'e', 'i', 'v', 'o')
  if client[1] ~= '1' then return 0 end
  if client[2] ~= incarnation or client[3] ~= version or client[4] ~= epoch then return 3 end
  local held = call('GET', I .. 'm' .. subject)
  if (held and string.match(held, '^(%d+):') or '0') ~= mark then return 3 end
end
local key = T .. 'g' .. id
if call('EXISTS', key) == 1 then return 2 end
if P ~= '' and call('EXISTS', P .. 'k' .. digest) == 1 then return 2 end
local seconds = left(horizon, now)
call('HSET', key, 'c', client_id, 'i', incarnation, 's', subject, 'e', grant_ends, 'h', horizon, 'k', digest, 'x',
  code_ends, unpack(ARGV, 17))
call('EXPIRE', key, seconds)
if P ~= '' then call('SET', P .. 'k' .. digest, id .. client_id, 'EX', seconds) end
if I ~= '' then enter_grant(I, client_id, subject, id, seconds) end
due(T, grant_ends, 'g' .. id, seconds, now)
due(T, code_ends, 'k' .. id .. digest, seconds, now)
return 1
