local grant = redis.call('HMGET', KEYS[1], 'e', 'v')
if not grant[1] or grant[2] or tonumber(grant[1]) <= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return 1
