-- Holds commits back while a snapshot reads, but not for longer than they were free before.
-- KEYS  view
-- ARGV  for how many milliseconds
-- The field "held" of the view: until when, since when (milliseconds of the server's clock), how
-- many snapshots. The reply is the head, how long commits are held back from now on (0: they are
-- not), and how long to wait before the next try.
local head = redis.call('HGET', KEYS[1], 'head') or ''
if head == '' then
  return {head, 0, 0}
end
local want = tonumber(ARGV[1])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local held = redis.call('HGET', KEYS[1], 'held')
if held then
  local stop, start, n = string.match(held, '^(%d+) (%d+) (%d+)$')
  stop, start, n = tonumber(stop), tonumber(start), tonumber(n)
  if now < stop and 2 * (stop - now) >= want then
    redis.call('HSET', KEYS[1], 'held', string.format('%.0f %.0f %d', stop, start, n + 1))
    return {head, stop - now, 0}
  end
  local free = stop + math.min(stop - start, 1000)
  if now < free then
    return {head, 0, free - now}
  end
end
redis.call('HSET', KEYS[1], 'held', string.format('%.0f %.0f 1', now + want, now))
return {head, want, 0}
