-- One page of rows in key order, or downwards, with the head of the view, and whether there may be more.
-- KEYS  view, rows, order
-- ARGV  from, to, the most rows, about how many bytes, 1 for downwards: from is the upper end then
local most, room = tonumber(ARGV[3]), tonumber(ARGV[4])
local keys
if ARGV[5] == '1' then
  keys = redis.call('ZRANGE', KEYS[3], ARGV[1], ARGV[2], 'BYLEX', 'REV', 'LIMIT', 0, most)
else
  keys = redis.call('ZRANGE', KEYS[3], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, most)
end
local reply = {redis.call('HGET', KEYS[1], 'head') or '', 0}
local at, step = 1, 8
while at <= #keys and room > 0 do
  local stop = math.min(at + step - 1, #keys)
  local values = redis.call('HMGET', KEYS[2], unpack(keys, at, stop))
  for i, value in ipairs(values) do
    local key = keys[at + i - 1]
    reply[#reply + 1] = key
    reply[#reply + 1] = value
    room = room - #key - (value and #value or 0)
  end
  at, step = stop + 1, math.min(2 * step, 512)
end
if at <= #keys or #keys == most then
  reply[2] = 1
end
return reply
