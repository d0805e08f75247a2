local function tell(gone, kind, entry, owner)
  for _, part in ipairs({ kind, entry, owner }) do gone[#gone + 1] = part end
end

-- Removes a grant with what hangs on it. Where its pointers and lists stand elsewhere (`single` is
-- empty) it adds to `gone` what is to be removed there.
local function remove_grant(T, single, id, gone)
  local key = T .. 'g' .. id
  local g = call('HMGET', key, 'c', 's', 'k')
  if not g[1] then return 0 end
  for _, field in ipairs(call('HKEYS', key)) do
    if string.sub(field, 1, 1) == 't' then
      local digest = string.sub(field, 2)
      call('DEL', T .. 'z' .. digest)
      if single ~= '' then call('DEL', T .. 'r' .. digest) else tell(gone, 'r', digest, '') end
    end
  end
  if single == '' then
    if g[3] then tell(gone, 'k', g[3], '') end
    tell(gone, 'l', id, g[1])
    tell(gone, 'u', id, g[2])
    tell(gone, 'x', g[1] .. '\0' .. id, g[2])
  else
    if g[3] then call('DEL', T .. 'k' .. g[3]) end
    call('ZREM', T .. 'l' .. g[1], id)
    call('ZREM', T .. 'u' .. g[2], id)
    call('ZREM', T .. 'x' .. g[2], g[1] .. '\0' .. id)
  end
  call('DEL', key)
  return 1
end
