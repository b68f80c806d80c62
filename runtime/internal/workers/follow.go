package workers

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

const (
	// lookPause is how often a process looks whether others left jobs in a shared store.
	lookPause = time.Second
	// lookShare is how much longer the time between two looks at all jobs is than the look.
	lookShare = 4
)

// looked is what the last look at the jobs of a shared store found, and when the next may begin.
type looked struct {
	notes jobs.Notes
	paced bool // looks wait until next
	next  time.Time
}

// wait returns how long it is until the next look; 0: it may begin.
func (l *looked) wait() time.Duration {
	if !l.paced {
		return 0
	}
	return max(0, time.Until(l.next))
}

// follow brings the board in line with what others did: it removes from the store what other
// members of the group did, and over a shared store reads what others committed.
func (w *Workers) follow(ctx context.Context) error {
	if err := w.removePassed(ctx); err != nil {
		return err
	}
	if !w.Board.Shared {
		return nil
	}
	return w.Tasks.Retry.Do(ctx, "read", func() error { return w.look(ctx) })
}

// look reads the notes of others, and all jobs if these say so.
func (w *Workers) look(ctx context.Context) error {
	look := w.Board.Begin()
	notes, err := w.notes(ctx)
	if err != nil {
		w.Board.Forget(look)
		return err
	}
	if !w.Board.Lagging() && !w.Board.Idle() && !w.Board.News(w.looked.notes, notes) {
		w.looked.notes = notes
		w.Board.Same(look)
		return nil
	}
	if w.looked.wait() > 0 {
		return nil // the board waits for the look
	}
	began := time.Now()
	found, err := w.Board.Read(ctx, w.Tasks.Reader, w.Tasks.Catalog.Live().Letters)
	if err != nil {
		w.Board.Forget(look)
		return err
	}
	now, err := w.notes(ctx)
	if err != nil {
		w.Board.Forget(look)
		return err
	}
	pause := lookShare * time.Since(began)
	if w.Board.Idle() {
		pause = max(pause, lookPause)
	}
	w.looked.next = time.Now().Add(pause)
	w.gone(w.Board.Saw(look, found, !w.Board.News(notes, now)))
	w.looked.notes = notes
	w.Tasks.WakeTasks()
	return nil
}

// notes returns what processes left in a shared store.
func (w *Workers) notes(ctx context.Context) (jobs.Notes, error) {
	notes := jobs.Notes{}
	table := w.Tasks.Publisher.Sending
	for row, err := range w.Tasks.Reader.Scan(ctx, table, jobs.NotesFrom, jobs.NotesTo) {
		if err != nil {
			return nil, err
		}
		notes.Add(row)
	}
	return notes, nil
}

// removePassed removes from the store what other members of the group did.
func (w *Workers) removePassed(ctx context.Context) error {
	passed := w.Board.Passed()
	if len(passed) == 0 {
		return nil
	}
	w.gone(passed)
	var removals []brook.Write
	for _, j := range passed {
		removals = append(removals, j.Remove(w.Board.Table))
	}
	err := retry.InParts(removals, func(part []brook.Write) error {
		batch := &brook.Batch{ID: w.Tasks.IDs.Batch(), Writes: part}
		return w.Tasks.Retry.DoApart(ctx, "commit", func() error {
			return w.Tasks.Store.Commit(ctx, batch)
		})
	})
	if err != nil {
		return fmt.Errorf("brook: remove jobs that others did: %w", err)
	}
	w.Tasks.WakeTasks()
	return nil
}
