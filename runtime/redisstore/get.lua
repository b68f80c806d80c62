-- One row, with the head of the view.
-- KEYS  view, rows
-- ARGV  key
return {redis.call('HGET', KEYS[1], 'head') or '', redis.call('HGET', KEYS[2], ARGV[1])}
