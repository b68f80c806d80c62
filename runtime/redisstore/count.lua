-- The number of rows, with the head of the view.
-- KEYS  view, rows
return {redis.call('HGET', KEYS[1], 'head') or '', redis.call('HLEN', KEYS[2])}
