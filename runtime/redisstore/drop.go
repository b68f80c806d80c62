package redisstore

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Drop empties a table in steps, between which the server does other work. The next call continues
// one that was interrupted. Snapshots do not notice it: nobody reads a table that is dropped.
func (s *Store) Drop(ctx context.Context, t brook.Table) error {
	own, err := s.own(t)
	if err != nil {
		return err
	}
	for {
		keys, err := s.client.ZRange(ctx, own.order, 0, chunkLen-1).Result()
		if err != nil {
			return fmt.Errorf("redisstore: drop table %s: %w", own.name, explain(err))
		}
		if len(keys) == 0 {
			// No row lacks a place in the order; but if something is left, this removes it.
			if err := s.client.Unlink(ctx, own.rows, own.order).Err(); err != nil {
				return fmt.Errorf("redisstore: drop table %s: %w", own.name, explain(err))
			}
			return nil
		}
		names := make([]string, 0, 2+len(keys))
		names = append(names, own.rows, own.order)
		args := make([]any, 0, len(keys))
		for _, key := range keys {
			names = append(names, own.past+key)
			args = append(args, key)
		}
		if err := s.scripts.drop.Run(ctx, s.client, names, args...).Err(); err != nil {
			return fmt.Errorf("redisstore: drop table %s: %w", own.name, explain(err))
		}
	}
}
