-- One commit. Everything is checked before the first write, because a script that fails half-way
-- keeps its writes.
--
-- KEYS  view, ids, then rows and order of each table, then the histories
-- ARGV  layout, id of the batch, base, how many ids are kept, channel, news, then the program:
--       operations one after another, "check" first. Numbers after an operation's name are indexes
--       of KEYS and counts.
local layout, id, base, keep = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local channel, news = ARGV[5], ARGV[6]

local view = redis.call('HMGET', KEYS[1], 'layout', 'head', 'held')
local head = view[2] or ''
if view[1] and tonumber(view[1]) > layout then
  return {'layout', head, view[1]}
end
if redis.call('ZSCORE', KEYS[2], id) then
  return {'done', head}
end
-- A reading snapshot holds commits back for a moment.
if view[3] then
  local clock = redis.call('TIME')
  local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
  local left = tonumber(string.match(view[3], '^%d+')) - now
  if left > 0 then
    return {'held', head, left}
  end
end
-- If its base is no longer among the kept ids, nobody knows whether the batch was done before. The
-- base of a client that saw no commit is "", which comes before the first.
local number = tonumber(string.sub(head, 17)) or 0
if base == '' and number >= keep or base ~= '' and not redis.call('ZSCORE', KEYS[2], base) then
  return {'stale', head}
end

local at, last = 7, #ARGV

while ARGV[at] == 'check' do
  local rows, n = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local fields = {}
  at = at + 3
  for i = 0, n - 1 do
    fields[i + 1] = ARGV[at + 2 * i]
  end
  local found = redis.call('HMGET', KEYS[rows], unpack(fields))
  for i = 1, n do
    local want, row = ARGV[at + 2 * i - 1], found[i]
    local kind = string.sub(want, 1, 1)
    local holds
    if kind == '' then
      holds = not row
    elseif kind == 'v' then
      holds = row and string.sub(row, 1, 8) == string.sub(want, 2)
    else
      holds = row and string.sub(row, 9) == string.sub(want, 2)
    end
    if not holds then
      return {'conflict', head, rows, fields[i]}
    end
  end
  at = at + 2 * n
end

-- From here on it writes.
number = number + 1
local place = struct.pack('>I8', number)
head = id .. string.format('%.0f', number)

local run = {}

-- put table n {key value}
function run.put(rows, n)
  local stop = at + 2 * n - 1
  if redis.call('HSET', KEYS[rows], unpack(ARGV, at, stop)) > 0 then
    local members = {}
    for i = at, stop, 2 do
      members[#members + 1] = '0'
      members[#members + 1] = ARGV[i]
    end
    redis.call('ZADD', KEYS[rows + 1], unpack(members))
  end
  at = stop + 1
end

-- remove table n {key}
function run.remove(rows, n)
  local stop = at + n - 1
  redis.call('HDEL', KEYS[rows], unpack(ARGV, at, stop))
  redis.call('ZREM', KEYS[rows + 1], unpack(ARGV, at, stop))
  at = stop + 1
end

-- forget history n
function run.forget(past, n)
  redis.call('UNLINK', unpack(KEYS, past, past + n - 1))
end

-- add history n {type entry}
function run.add(past, n)
  local members = {}
  for _ = 1, n do
    members[#members + 1] = '0'
    members[#members + 1] = ARGV[at] .. place .. ARGV[at + 1]
    at = at + 2
  end
  redis.call('ZADD', KEYS[past], unpack(members))
end

-- trim history n {type keep}
function run.trim(past, n)
  local key = KEYS[past]
  for _ = 1, n do
    local typ, most = ARGV[at], tonumber(ARGV[at + 1])
    local from, to = '[' .. typ, '(' .. typ .. '\255'
    if most == 0 then
      redis.call('ZREMRANGEBYLEX', key, from, to)
    else
      local surplus = redis.call('ZLEXCOUNT', key, from, to) - most
      if surplus > 0 then
        local first = redis.call('ZRANGE', key, from, to, 'BYLEX', 'LIMIT', surplus, 1)
        redis.call('ZREMRANGEBYLEX', key, from, '(' .. first[1])
      end
    end
    at = at + 2
  end
end

while at <= last do
  local name, index, n = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  at = at + 3
  run[name](index, n)
end

redis.call('HSET', KEYS[1], 'layout', layout, 'head', head)
redis.call('ZADD', KEYS[2], number, id)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', number - keep)
redis.call('SPUBLISH', channel, string.format('%.0f', number) .. ' ' .. news)
return {'done', head}
