package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// Commit runs one script that applies all of the batch or nothing. The client may send it several
// times, and so may the caller: the batch's ID makes it apply once. If that can't be told any more,
// the error is brook.ErrConflict too.
func (s *Store) Commit(ctx context.Context, b *brook.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(b.Writes) == 0 && len(b.Checks) == 0 {
		return nil
	}
	p, err := s.newProgram(b)
	if err != nil {
		return err
	}
	if p.size > s.limit {
		return fmt.Errorf("%w: %d bytes, and the limit is %d", brook.ErrTooLarge, p.size, s.limit)
	}
	if n := len(p.args) + len(p.keys); n > maxArgs {
		return fmt.Errorf("%w: %d arguments, and the limit is %d", brook.ErrTooLarge, n, maxArgs)
	}
	id := b.ID
	if id == (brook.BatchID{}) {
		rand.Read(id[:]) // covers the client's own repeats too
	}
	if p.view.unjudged() {
		if err := s.mayEvict(ctx, p.view); err != nil {
			return err
		}
	}
	for {
		base, err := s.base(ctx, p.view, id)
		if err != nil {
			return err
		}
		held, err := s.run(ctx, p, id, base)
		if err != nil {
			return err
		}
		if held == 0 {
			p.release()
			return nil
		}
		if err := s.free(ctx, p.view, held); err != nil {
			return fmt.Errorf("redisstore: commit to %s: %w", p.view.tag, explain(err))
		}
	}
}

// base returns a commit that came before the batch.
func (s *Store) base(ctx context.Context, v *view, id brook.BatchID) (string, error) {
	base, old := v.base(id)
	if old {
		h, err := s.head(ctx, v)
		if err != nil {
			return "", fmt.Errorf("redisstore: commit to %s: %w", v.tag, explain(err))
		}
		if v.lost(h) {
			return "", v.isLost()
		}
		v.saw(h, true)
		base, _ = v.base(id)
	}
	return base, nil
}

// run sends a commit. If commits are held back it returns for how many milliseconds,
// and nothing was done.
func (s *Store) run(ctx context.Context, p *program, id brook.BatchID,
	base string) (held int64, err error) {
	v := p.view
	copy(p.args, []any{strconv.Itoa(layoutVersion), id[:], base, keptIDs, v.news, p.news})
	reply, err := s.scripts.commit.Run(ctx, s.client, p.keys, p.args...).Slice()
	if err != nil {
		v.unsure(id, base)
		return 0, fmt.Errorf("redisstore: commit to %s: %w", v.tag, explain(err))
	}
	var what, text string
	if len(reply) >= 2 {
		what, _ = reply[0].(string)
		text, _ = reply[1].(string)
	}
	if what != "held" { // an earlier try may still be in progress
		defer v.answered(id)
	}
	h, err := v.read(text)
	if err != nil {
		return 0, err
	}
	switch what {
	case "done":
		return 0, nil
	case "held":
		held, _ = reply[2].(int64)
		return max(held, 1), nil
	case "conflict":
		if err := s.mayEvict(ctx, v); err != nil { // the missing keys may have been evicted
			return 0, err
		}
		return 0, p.conflict(reply)
	case "stale":
		if v.lost(h) {
			return 0, v.isLost()
		}
		v.saw(h, true)
		return 0,
			fmt.Errorf("%w: %s: the commit that this one was to follow is no longer known there",
				brook.ErrConflict, v.tag)
	case "layout":
		layout, _ := reply[2].(string)
		return 0, v.checkLayout(layout)
	}
	return 0, fmt.Errorf("%w: commit to %s: the reply %q", ErrDamaged, v.tag, what)
}

// conflict returns the error for a row that has changed since it was read.
func (p *program) conflict(reply []any) error {
	if len(reply) == 4 {
		for t, part := range p.tables {
			if n, _ := reply[2].(int64); int(n) == part.index {
				return fmt.Errorf("%w: table %s: the row at %.100q", brook.ErrConflict,
					t.name, reply[3])
			}
		}
	}
	return brook.ErrConflict
}
