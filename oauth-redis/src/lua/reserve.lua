-- Takes a digest for a pointer, in a cluster: 1 where it is new, 2 where it leads there already, 0
-- where it is taken.
local pointer, other, value, seconds = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if other ~= '' and redis.call('EXISTS', other) == 1 then return 0 end
if redis.call('SET', pointer, value, 'NX', 'EX', seconds) then return 1 end
return redis.call('GET', pointer) == value and 2 or 0
