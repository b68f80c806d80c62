package control

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Redrive tries letters again, in log order, those that filter accepts (nil: all), and returns how
// many were applied: per handler set and key the longest run that the filter accepts, up to the
// first one that fails again.
func (x Letters) Redrive(
	ctx context.Context, filter func(brook.DeadLetter) bool,
) (n int, err error) {
	ctx, open, end, err := x.begin(ctx, "redrive")
	if err != nil {
		return 0, err
	}
	defer func() { end(&err) }()
	var runs deadletter.Runs
	for letter, err := range x.each(open, true) {
		if err != nil {
			return n, err
		}
		if err := open.Err(); err != nil {
			return n, err
		}
		if runs.Waits(&letter) {
			continue
		}
		if filter != nil && !filter(letter.DeadLetter) {
			runs.Stays(&letter)
			continue
		}
		letter, err := x.Tasks.Letters.Refetch(open, letter)
		if errors.Is(err, letters.ErrGone) || errors.Is(err, brook.ErrPermanent) {
			x.stays(&letter, err)
			runs.Stays(&letter)
			continue
		}
		if err != nil {
			return n, fmt.Errorf("brook: redrive %s: %w", letter.Position, err)
		}
		var applied bool
		var due batch.Due
		err = x.Tasks.Catalog.RetryConflicts(ctx, func() (err error) {
			applied, due, err = x.redrive(ctx, letter)
			return err
		})
		x.follow(ctx, due)
		if errors.Is(err, emission.ErrNoRecord) || errors.Is(err, exclusive.ErrNoJob) {
			x.stays(&letter, err)
			continue
		}
		if err != nil {
			return n, fmt.Errorf("brook: redrive %s: %w", letter.Position, err)
		}
		if applied {
			n++
		} else {
			runs.Stays(&letter)
		}
	}
	return n, nil
}

// stays reports why a letter can't be redriven.
func (x Letters) stays(l *deadletter.Letter, err error) {
	x.Tasks.Report.Failure(brook.Failure{
		What: "redrive", Position: l.Position, Attempts: l.Attempts, Err: err, Final: true,
	})
}

// redrive tries one letter with all tasks at rest. It reports whether the letter was applied, and
// returns what is due after the commit.
func (x Letters) redrive(
	ctx context.Context, letter deadletter.Letter,
) (applied bool, due batch.Due, err error) {
	s := x.Tasks
	if err := s.Catalog.Claim.Take(ctx); err != nil {
		return false, batch.Due{}, err
	}
	rest, err := x.quiesce(ctx)
	if err != nil {
		return false, batch.Due{}, err
	}
	defer rest.End()
	if err := s.Catalog.Claim.TakeLocked(ctx); err != nil {
		return false, batch.Due{}, err
	}
	t, key := x.Exclusive.Begin(rest), letter.AppendKey(nil)
	defer t.End()
	table := t.Gen.Letters
	if letter.Stage == brook.StageEarly {
		table = t.Gen.Parked
	}
	unchanged, err := x.unchanged(ctx, table, key)
	if errors.Is(err, brook.ErrNotFound) {
		return false, batch.Due{}, nil // another process was faster
	}
	if err != nil {
		return false, batch.Due{}, err
	}
	if letter.Stage == brook.StageEarly {
		if err = errors.Join(s.Emissions.Open(ctx), t.ReadStandings(ctx)); err != nil {
			return false, batch.Due{}, err
		}
		if e := s.Parked.Get(key); e != nil {
			return x.redriveParked(ctx, t, e, unchanged)
		}
		return false, batch.Due{}, nil
	}
	epoch, checks, err := s.Catalog.BumpEpoch(ctx, partition.Of(letter.Position))
	if err == nil {
		err = s.Emissions.Open(ctx)
	}
	if err != nil {
		return false, batch.Due{}, err
	}
	t.Batch.Checks = append(checks, unchanged...)
	remove := append([]brook.Write{{Table: t.Gen.Letters, Key: key, Op: brook.Remove}}, epoch...)
	letter.Set = s.Catalog.Sets.Now(letter.Type, letter.Set)
	if letter.Stage == brook.StageEmit {
		due, err = t.Reemit(ctx, letter, remove)
		return true, due, err
	}
	if letter.Stage == brook.StageJob {
		err = t.Restore(ctx, letter, remove)
		return err == nil, due, err
	}
	id := partition.Of(letter.Position)
	log, err := x.logOf(ctx, id)
	if err != nil {
		return false, batch.Due{}, err
	}
	p := t.Single(input.Single(id, log, letter.Attempts), s.BlockedOf(id))
	if err := t.ReadStandings(ctx); err != nil {
		return false, batch.Due{}, err
	}
	if applied, due, err = t.Redrive(ctx, p, letter, remove); err == nil {
		x.runDue(ctx, t, &due)
	}
	return applied, due, err
}

// logOf returns the identity of the log that the live views folded a partition of, "" if they have
// not.
func (x Letters) logOf(ctx context.Context, id partition.ID) (string, error) {
	k := id.AppendKey(nil)
	v, err := x.Tasks.Reader.Get(ctx, x.Tasks.Catalog.Live().Positions, k)
	if errors.Is(err, brook.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, s, err := partition.Decode(k, v.Data.([]byte))
	return s.Log, err
}
