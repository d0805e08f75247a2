local old = redis.call('HMGET', KEYS[1], 'r', 'v')
if not old[2] then return { -1, '', '' } end
redis.call('DEL', KEYS[1])
return { 1, old[1], old[2] }
