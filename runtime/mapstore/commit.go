package mapstore

import (
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// trimStep is how many waiting rows a commit trims besides its own.
const trimStep = 64

// surplus is a row with versions that only pinned instants see.
type surplus struct {
	content *content
	cell    *cell
}

// Commit applies all writes of the batch at one instant, or none. There is no limit to its size.
// The store keeps the values and the history entries themselves, and copies keys and slices.
// It returns the error of ctx, if that ended before the commit began, or an error for a batch
// that breaks the contract.
func (s *Store) Commit(ctx context.Context, b *brook.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range b.Writes {
		w := &b.Writes[i]
		if _, err := s.own(w.Table); err != nil {
			return err
		}
		if w.Op > brook.Remove {
			return fmt.Errorf("mapstore: unknown operation %d", w.Op)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seq := s.clock.seq() + 1
	for i := range b.Writes {
		w := &b.Writes[i]
		t := w.Table.(*handle)
		c := &t.contents.head.Load().val
		if v := t.apply(seq, c, w); v != nil && (v.val.gone() || v.prev.Load() != nil) {
			s.touched = append(s.touched, surplus{c, v.val.cell})
		}
	}
	for _, t := range s.counted {
		t.counts.push(&version[int]{seq: seq, val: t.rows})
		t.counted = false
		s.await(t)
	}
	clear(s.counted)
	s.counted = s.counted[:0]
	s.publish()
	s.clock.tick(seq)
	if s.snapshots != nil {
		s.snapshots.committed()
	}
	s.trim(trimStep + len(b.Writes))
	return nil
}

// edit marks the tree of c as changed by this commit.
func (s *Store) edit(c *content) {
	if !c.tree.editing {
		c.tree.editing = true
		s.edited = append(s.edited, c)
	}
}

// publish shows the edited trees to scans that begin from now on.
func (s *Store) publish() {
	for _, c := range s.edited {
		c.tree.publish()
	}
	clear(s.edited)
	s.edited = s.edited[:0]
}

// await queues the counts and contents of t for trimming.
func (s *Store) await(t *table) {
	if !t.waiting {
		t.waiting = true
		s.waiting = append(s.waiting, t)
	}
}

// trim drops what nobody can see any more: of the rows that the commit touched, and of up to n rows
// that waited for an instant to expire.
func (s *Store) trim(n int) {
	for _, r := range s.touched {
		s.trimRow(r)
	}
	clear(s.touched)
	s.touched = s.touched[:0]
	if cap(s.touched) > 1<<16 {
		s.touched = nil
	}
	for range min(n, len(s.clock.due)) {
		last := len(s.clock.due) - 1
		r := s.clock.due[last]
		s.clock.due[last] = surplus{}
		s.clock.due = s.clock.due[:last]
		r.cell.queued = false
		s.trimRow(r)
	}
	if len(s.clock.due) == 0 {
		s.clock.due = nil
	}
	s.publish()
	s.waiting = slices.DeleteFunc(s.waiting, func(t *table) bool {
		contents, counts := t.contents.trim(&s.clock), t.counts.trim(&s.clock)
		t.waiting = !contents || !counts
		return !t.waiting
	})
}

// trimRow drops a row's versions that nobody can see, and the row itself if nothing is left of it.
// What somebody can see waits for the newest instant that sees it.
func (s *Store) trimRow(r surplus) {
	alone, newest := r.cell.rows.trim(&s.clock), r.cell.rows.head.Load()
	switch {
	case alone && newest.val.gone():
		s.edit(r.content)
		if at, v := r.content.hash.slot(s.hash(newest.val.key), newest.val.key); v == newest {
			at.remove()
		}
		r.content.tree.remove(r.cell)
	case !alone && !r.cell.queued:
		in := s.clock.newestBefore(newest.seq)
		in.surplus = append(in.surplus, r)
		r.cell.queued = true
	}
}

// help trims everything that waits, in steps so that no commit waits long. If a commit is in
// progress, it leaves the rest to that one and those that follow.
func (s *Store) help() {
	for more := true; more && s.mu.TryLock(); {
		s.clock.expire()
		s.trim(trimStep)
		more = len(s.clock.due) > 0
		s.mu.Unlock()
	}
}
