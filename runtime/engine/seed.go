package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// Seed stores rows in one commit as if handlers had created them, whatever was there: in key order,
// with their index entries, and with the events of past as their history. If the value carries its
// key and that field is zero, Seed sets it. The view has to be an app's. Tasks rest meanwhile. It
// is safe for concurrent use. Package brooktest uses it.
func Seed[K comparable, V any](
	ctx context.Context, v brook.View[K, V], rows map[K]V, past ...brook.Outgoing,
) error {
	from, ordinal, def := v.Place()
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
		entries = append(entries, &brook.HistoryEntry{
			ID: tasks.IDs.Next(), Type: m.Type, Author: tasks.Config.Author, Time: now(),
			Key: out.Key, Data: m.Data,
		})
	}
	if err := tasks.Lock.Lock(ctx); err != nil {
		return err
	}
	defer tasks.Lock.Unlock()
	if err := tasks.Catalog.ClaimLocked(ctx); err != nil {
		return err
	}
	t := s.app.calls.Exclusive.Begin(nil)
	defer t.End()
	t.Open(ctx)
	table := brook.RowsOf(t.Tx, ordinal, def)
	table.Apply(creations(def, rows)...)
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

// creations returns changes that create rows, in key order.
func creations[K comparable, V any](
	def *brook.Collection[K, V], rows map[K]V,
) []brook.Change[K, V] {
	var zero K
	changes := make([]brook.Change[K, V], 0, len(rows))
	for k, value := range rows {
		if def.Key != nil && *def.Key(&value) == zero {
			*def.Key(&value) = k
		}
		changes = append(changes, brook.Create(k, value))
	}
	slices.SortFunc(changes, func(c, d brook.Change[K, V]) int {
		return bytes.Compare(def.AppendKey(nil, c.Key()), def.AppendKey(nil, d.Key()))
	})
	return changes
}
