package prefetch

import (
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

// errUnknown is what a dry run reads in place of what is not known without the store.
var errUnknown = errors.New("brook: the store is not asked in a dry run")

// noReader is the reader of dry runs. It answers nothing, and notes that an event scanned.
type noReader struct{ *Prefetcher }

// Get returns an error: reads of single rows go to Prefetcher.Read.
func (r noReader) Get(context.Context, brook.Table, []byte) (brook.Value, error) {
	return brook.Value{}, errUnknown
}

// Scan yields an error.
func (r noReader) Scan(
	context.Context, brook.Table, []byte, []byte,
) iter.Seq2[brook.Row, error] {
	r.scanned = true
	return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, errUnknown) }
}

// History yields an error.
func (r noReader) History(
	context.Context, brook.Table, []byte,
) iter.Seq2[*brook.HistoryEntry, error] {
	r.scanned = true
	return func(yield func(*brook.HistoryEntry, error) bool) { yield(nil, errUnknown) }
}
