package redisstore

import (
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/redis/go-redis/v9"
)

// fetchLen is how many rows one command asks for. It bounds how long the server
// answers nobody else.
const fetchLen = 500

// Fetch returns many rows in one round trip: their commands are sent together.
func (r latest) Fetch(ctx context.Context, keys []brook.TableKey) ([]brook.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	parts := map[*handle][]int{} // indexes into keys
	var order []*handle
	for i, k := range keys {
		t, err := r.store.own(k.Table)
		if err != nil {
			return nil, err
		}
		if parts[t] == nil {
			order = append(order, t)
		}
		parts[t] = append(parts[t], i)
	}
	type request struct {
		table   *handle
		numbers []int
		reply   *redis.SliceCmd
	}
	var requests []request
	pipe := r.store.client.Pipeline()
	for _, t := range order {
		for numbers := range slices.Chunk(parts[t], fetchLen) {
			fields := make([]string, len(numbers))
			for i, n := range numbers {
				fields[i] = string(keys[n].Key)
			}
			requests = append(requests, request{t, numbers, pipe.HMGet(ctx, t.rows, fields...)})
		}
	}
	if len(requests) == 0 {
		return nil, nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("redisstore: view %s: read %d rows: %w", order[0].view.tag,
			len(keys), explain(err))
	}
	values := make([]brook.Value, len(keys))
	for _, q := range requests {
		rows := q.reply.Val()
		if len(rows) != len(q.numbers) {
			return nil, fmt.Errorf("%w: table %s: a reply of %d rows to %d keys", ErrDamaged,
				q.table.name, len(rows), len(q.numbers))
		}
		for i, n := range q.numbers {
			stored, ok := rows[i].(string)
			if !ok {
				continue // there is no such row
			}
			var err error
			if values[n], err = q.table.decode(string(keys[n].Key), stored); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}
