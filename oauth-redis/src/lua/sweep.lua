local T, single, now, limit, steps = unpack(ARGV)
local moment, gone, removed = tonumber(now), {}, 0
limit = tonumber(limit)

-- What goes of each kind: a function that removes it, or nil where there is nothing any more.
local kinds = {
  a = function(digest)
    local key = T .. 'a' .. digest
    local first = call('GETRANGE', key, 0, 0)
    return first ~= '' and function()
      call('DEL', key)
      -- Only a token under a grant has a pointer, and only in a cluster.
      if single == '' and first == '\1' then tell(gone, 'p', digest, '') end
    end
  end,
  k = function(rest)
    local key, digest = T .. 'g' .. string.sub(rest, 1, 16), string.sub(rest, 17)
    local code = call('HMGET', key, 'k', 'u')
    return code[1] == digest and not code[2] and function()
      call('HDEL', key, 'k', 'K', 'x')
      if single ~= '' then call('DEL', T .. 'k' .. digest) else tell(gone, 'k', digest, '') end
    end
  end,
  g = function(id)
    local ends = call('HGET', T .. 'g' .. id, 'e')
    return ends and tonumber(ends) <= moment and function() remove_grant(T, single, id, gone) end
  end,
  s = function(digest)
    local key = T .. 's' .. digest
    local subject = call('HGET', key, 's')
    return subject and function()
      call('DEL', key)
      if single ~= '' then call('ZREM', T .. 'v' .. subject, digest)
      else tell(gone, 'v', digest, subject) end
    end
  end,
  d = function(rest)
    local key, field = T .. 's' .. string.sub(rest, 1, 32), 'd' .. string.sub(rest, 33)
    local decision = call('HGET', key, field)
    local over = decision and tonumber(string.match(decision, '^(%-?%d+):')) <= moment
    return over and function() call('HDEL', key, field) end
  end,
  q = function(digest)
    local key = T .. 'q' .. digest
    return call('EXISTS', key) == 1 and function() call('DEL', key) end
  end,
  -- A mark, like an answer that is not given again, is no record: it goes, and is not counted.
  m = function(subject)
    local key = T .. 'm' .. subject
    local mark = call('GET', key)
    if mark and tonumber(string.match(mark, ':(%-?%d+)$')) <= moment then call('DEL', key) end
  end,
  -- One that was buried anew ends later.
  w = function(digest)
    local key = T .. 'w' .. digest
    local ends = call('GET', key)
    return ends and tonumber(ends) <= moment and function() call('DEL', key) end
  end,
  z = function(digest) call('DEL', T .. 'z' .. digest) end,
}

for _ = 1, tonumber(steps) do
  local bucket = call('ZRANGEBYSCORE', T .. 'B', '-inf', now, 'LIMIT', 0, 1)[1]
  if not bucket then return { removed, 0, gone } end
  local list = T .. 'b' .. bucket
  local entry = call('LINDEX', list, 0)
  if entry then
    local remove = kinds[string.sub(entry, 1, 1)](string.sub(entry, 2))
    if remove then
      if removed == limit then return { removed, 1, gone } end
      remove()
      removed = removed + 1
    end
    call('LPOP', list)
  else
    call('ZREM', T .. 'B', bucket)
  end
end
return { removed, 2, gone }
