local taken = redis.call('HMGET', KEYS[1], 'r', ARGV[1])
if not taken[1] or not taken[2] then return false end
redis.call('HDEL', KEYS[1], ARGV[1])
return taken
