-- Time is what the caller says it is. What Redis counts down itself only frees memory, with a slack
-- that a clock may be wrong by; whether something is over is decided by `now` alone.
local call = redis.call
local SLACK, SWEEP_SLACK = 3600, 86400

local function left(ends, now)
  return math.max(1, math.min(tonumber(ends) - tonumber(now), 1000000000)) + SLACK
end

-- Lets a key live at least so long.
local function keep(key, seconds)
  if call('TTL', key) < seconds then call('EXPIRE', key, seconds) end
end

-- Adds an entry to a list that lives at least so long.
local function enter(list, entry, seconds)
  call('ZADD', list, 0, entry)
  keep(list, seconds)
end

-- Enters a grant in the lists by which every end finds it; all of them stand in the place `I`.
local function enter_grant(I, client, subject, id, seconds)
  enter(I .. 'l' .. client, id, seconds)
  enter(I .. 'u' .. subject, id, seconds)
  enter(I .. 'x' .. subject, client .. '\0' .. id, seconds)
end

-- Notes in the place `T` what is over at `ends`, for the sweep: a list a second, and the order of the lists.
local function due(T, ends, entry, seconds, now)
  local list = T .. 'b' .. ends
  if call('RPUSH', list, entry) == 1 then
    call('ZADD', T .. 'B', ends, ends)
    call('EXPIRE', list, seconds + SWEEP_SLACK)
    -- Lists of which Redis has freed the memory, because nobody swept.
    if now then call('ZREMRANGEBYSCORE', T .. 'B', '-inf', tonumber(now) - 2 * SWEEP_SLACK) end
  elseif not now then
    keep(list, seconds + SWEEP_SLACK)
  end
end
