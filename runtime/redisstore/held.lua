-- For how many milliseconds commits are held back.
-- KEYS  view
local held = redis.call('HGET', KEYS[1], 'held')
if not held then
  return 0
end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
return math.max(0, tonumber(string.match(held, '^%d+')) - now)
