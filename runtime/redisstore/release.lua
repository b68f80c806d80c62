-- Ends a snapshot's hold. If it was the last one, commits continue at once.
-- KEYS  view
local held = redis.call('HGET', KEYS[1], 'held')
if not held then
  return 0
end
local stop, start, n = string.match(held, '^(%d+) (%d+) (%d+)$')
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
if now >= tonumber(stop) then
  return 0
end
if tonumber(n) <= 1 then
  stop = now
end
redis.call('HSET', KEYS[1], 'held', string.format('%.0f %.0f %d', stop, start, n - 1))
return 1
