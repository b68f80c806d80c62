package engine

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Seed stores what apply changes in one commit, as if handlers had done it, with index entries, and
// with the events of past as the rows' history. The reader has to be an app's. Tasks rest
// meanwhile. It is safe for concurrent use. Package brooktest uses it.
func Seed(
	ctx context.Context, r *brook.RowReader, apply func(*brook.Rows), past ...brook.Outgoing,
) error {
	from, ordinal, def := r.Place()
	s, ok := from.(*source)
	if !ok {
		return fmt.Errorf("brook: seed %s: only the views of an app can be seeded", def.Name)
	}
	tasks := s.app.tasks
	var entries []*brook.HistoryEntry
	for _, event := range past {
		out, err := outbound(tasks.Def, event, nil)
		if err != nil {
			return fmt.Errorf("brook: seed %s: %w", def.Name, err)
		}
		m := out.Message
		entry := &brook.HistoryEntry{
			ID: tasks.IDs.Next(), Type: m.Type, Author: tasks.Config.Author, Time: tasks.Now().UTC(),
			Key: out.Key, Data: m.Data,
		}
		entry.SetVersion(m.Version)
		entries = append(entries, entry)
	}
	if err := tasks.Lock.Lock(ctx); err != nil {
		return err
	}
	defer tasks.Lock.Unlock()
	if err := tasks.Catalog.Claim.TakeLocked(ctx); err != nil {
		return err
	}
	t := s.app.calls.Exclusive.Begin(nil)
	defer t.End()
	t.Open(ctx)
	apply(brook.RowsOf(t.Tx, ordinal, def))
	switch {
	case t.Tx.StoreFault() != nil:
		return t.Tx.StoreFault()
	case t.Tx.Failure() != nil:
		return t.Tx.Failure()
	}
	if err := t.Tx.Release(); err != nil {
		return err
	}
	if !def.History {
		entries = nil
	}
	t.Tx.SetHistories(ordinal, entries)
	return t.CommitOnce(ctx)
}
