package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// history yields the entries of a row, oldest first. Still returns an error if their instant
// is not the wanted one.
func (s *Store) history(ctx context.Context, t brook.Table, key []byte,
	still func(*view, string) error) iter.Seq2[*brook.HistoryEntry, error] {
	past := string(key) // the caller's key may change before the sequence is used
	return func(yield func(*brook.HistoryEntry, error) bool) {
		entries, err := s.entries(ctx, t, past, still)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range entries {
			if !yield(e.entry, nil) {
				return
			}
		}
	}
}

type placed struct {
	place string
	entry *brook.HistoryEntry
}

// entries reads a history, which is stored by type, and sorts it.
func (s *Store) entries(ctx context.Context, t brook.Table, key string,
	still func(*view, string) error) ([]placed, error) {
	own, err := s.own(t)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	reply, err := s.scripts.history.Run(ctx, s.client,
		[]string{own.view.key, own.past + key}).Slice()
	if err != nil {
		return nil, own.failed("history of", key, err)
	}
	head, err := own.reply(reply, 2)
	if err == nil {
		err = still(own.view, head)
	}
	if err != nil {
		return nil, err
	}
	members, _ := reply[1].([]any)
	entries := make([]placed, len(members))
	for i, m := range members {
		text, _ := m.(string)
		e := &entries[i]
		if e.place, e.entry, err = decodeEntry([]byte(text)); err != nil {
			return nil, fmt.Errorf("%w: table %s: history of %.100q: %w", ErrDamaged,
				own.name, key, err)
		}
	}
	slices.SortFunc(entries, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	return entries, nil
}
