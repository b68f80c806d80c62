-- The history of a row, by type, with the head of the view.
-- KEYS  view, history
return {redis.call('HGET', KEYS[1], 'head') or '', redis.call('ZRANGE', KEYS[2], 0, -1)}
