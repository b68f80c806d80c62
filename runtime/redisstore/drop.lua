-- A step of dropping a table: rows are removed together with their histories, so that the next step
-- finds the rest.
-- KEYS  rows, order, then the histories of the rows
-- ARGV  the keys of the rows
local n = #ARGV
redis.call('UNLINK', unpack(KEYS, 3))
redis.call('HDEL', KEYS[1], unpack(ARGV))
redis.call('ZREM', KEYS[2], unpack(ARGV))
return n
