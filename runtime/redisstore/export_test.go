package redisstore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// KeptIDs is how many batches a view remembers.
const KeptIDs = keptIDs

// CheckInfo judges a server by its answer to INFO.
var CheckInfo = checkInfo

// Erase removes all views whose tables were asked for, as if they had never been.
func (s *Store) Erase(ctx context.Context) error {
	var errs []error
	for _, t := range s.tables {
		errs = append(errs, s.Drop(ctx, &handle{table: t}))
	}
	for _, v := range s.views {
		errs = append(errs, s.client.Unlink(ctx, v.key, v.ids).Err())
	}
	return errors.Join(errs...)
}

// Tags returns the hash tags of all views whose tables were asked for.
func (s *Store) Tags() (tags []string) {
	for _, v := range s.views {
		tags = append(tags, v.tag)
	}
	return tags
}

// SetLayout has the views be of another layout.
func (s *Store) SetLayout(ctx context.Context, layout string) error {
	for _, v := range s.views {
		if err := s.client.HSet(ctx, v.key, "layout", layout).Err(); err != nil {
			return err
		}
	}
	return nil
}

// Rewind has the server forget the last n commits, but for the rows.
func Rewind(ctx context.Context, t testing.TB, s *Store, n int64) {
	t.Helper()
	for _, v := range s.views {
		last, err := s.client.ZRevRange(ctx, v.ids, n, n).Result()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.client.ZRemRangeByRank(ctx, v.ids, -n, -1).Err(); err != nil {
			t.Fatal(err)
		}
		score, err := s.client.ZScore(ctx, v.ids, last[0]).Result()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.client.HSet(ctx, v.key, "head",
			fmt.Sprint(last[0], int64(score))).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// Judge has the next commit look whether the server may evict.
func (s *Store) Judge() {
	for _, v := range s.views {
		v.mu.Lock()
		v.judged = time.Time{}
		v.mu.Unlock()
	}
}

// Hold holds commits back for so long from now on, as if a snapshot did, and returns for how long
// the last one was to.
func (s *Store) Hold(ctx context.Context, d time.Duration) (was time.Duration, err error) {
	for _, v := range s.views {
		last, err := s.client.HGet(ctx, v.key, "held").Result()
		if err != nil {
			return 0, err
		}
		var stop, start int64
		if _, err := fmt.Sscan(last, &stop, &start); err != nil {
			return 0, err
		}
		was = time.Duration(stop-start) * time.Millisecond
		now := time.Now().UnixMilli()
		held := fmt.Sprint(now+d.Milliseconds(), now, 1)
		if err := s.client.HSet(ctx, v.key, "held", held).Err(); err != nil {
			return 0, err
		}
	}
	return was, nil
}

// Moved has the next snapshot hold commits back.
func (s *Store) Moved() {
	for _, v := range s.views {
		v.movedUnder(false)
	}
}
