package reads

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// renamed returns a history, oldest first, with the events as they are called today. The store
// keeps the newest entries of each name that an event had; renamed yields the newest of them all.
func renamed(
	code *plan.Code, entries iter.Seq2[*brook.HistoryEntry, error],
) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		var all []*brook.HistoryEntry
		surplus := map[string]int{}
		for e, err := range entries {
			if err != nil {
				yield(nil, err)
				return
			}
			if typ := code.Today(e.Type); typ != e.Type {
				own := *e // the store's never changes
				own.Type, e = typ, &own
			}
			surplus[e.Type]++
			all = append(all, e)
		}
		for typ, n := range surplus {
			surplus[typ] = 0
			if info := code.Events[typ]; len(info.Was) > 0 && info.History != brook.KeepAll {
				surplus[typ] = n - info.History
			}
		}
		for _, e := range all {
			if surplus[e.Type] > 0 {
				surplus[e.Type]--
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}
