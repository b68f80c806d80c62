package rebuild

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// carryPublished notes in the timers of the rebuilt views whose events the live views published and
// did not fold yet: they are not published again.
func (s *settlement) carryPublished(ctx context.Context) error {
	layout := s.set.Code.Layout
	if !layout.Timed {
		return nil
	}
	from, to := timers.Published()
	for row, err := range s.set.Reader.Scan(ctx, s.live.Tables[layout.Due], from, to) {
		if err != nil {
			return err
		}
		key := bytes.Clone(timers.RowOf(row.Key))
		was, err := s.timer(ctx, s.live.Tables[layout.Timers], key)
		if err != nil {
			return err
		}
		its, err := s.timer(ctx, s.task.Gen.Tables[layout.Timers], key)
		if err != nil {
			return err
		}
		if was == nil || its == nil || its.Published || !its.Sets(was.ID) {
			continue
		}
		due := s.task.Gen.Tables[layout.Due]
		waits := its.EntryKey(nil, key)
		its.Published = true
		for _, w := range []brook.Write{
			{Table: due, Key: waits, Op: brook.Remove},
			{Table: due, Key: its.EntryKey(nil, key), Value: []byte{}},
			{Table: s.task.Gen.Tables[layout.Timers], Key: key, Value: its.Encode()},
		} {
			if err := s.writer.add(ctx, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// timer reads a timer; nil: there is none.
func (s *settlement) timer(
	ctx context.Context, table brook.Table, key []byte,
) (*timers.Row, error) {
	v, err := s.set.Reader.Get(ctx, table, key)
	if errors.Is(err, brook.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return timers.Decode(v.Data.([]byte))
}
