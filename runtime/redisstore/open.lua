-- What a view and one of its tables are.
-- KEYS  view, ids, rows, order
for i, kind in ipairs({'hash', 'zset', 'hash', 'zset'}) do
  local found = redis.call('TYPE', KEYS[i]).ok
  if found ~= 'none' and found ~= kind then
    return {'', '', KEYS[i], found}
  end
end
local view = redis.call('HMGET', KEYS[1], 'layout', 'head')
return {view[1] or '', view[2] or ''}
