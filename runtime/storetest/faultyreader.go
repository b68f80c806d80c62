package storetest

import (
	"bytes"
	"context"
	"iter"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// reader returns a reader that fails as f decides. It is a Fetcher only if r is: apps read in
// another way over one.
func reader(r brook.Reader, f *Fault) brook.Reader {
	own := faultyReader{r, f}
	if e, ok := r.(brook.Fetcher); ok {
		return struct {
			faultyReader
			faultyFetcher
		}{own, faultyFetcher{e, f}}
	}
	return own
}

type faultyFetcher struct {
	fetcher brook.Fetcher
	fault   *Fault
}

func (e faultyFetcher) Fetch(ctx context.Context,
	keys []brook.TableKey) (values []brook.Value, err error) {
	err = e.fault.Do(ctx, OpFetch, func() (err error) {
		values, err = e.fetcher.Fetch(ctx, keys)
		return err
	})
	if err != nil {
		values = nil
	}
	return values, err
}

type faultyReader struct {
	reader brook.Reader
	fault  *Fault
}

func (r faultyReader) Get(ctx context.Context, t brook.Table,
	key []byte) (v brook.Value, err error) {
	err = r.fault.Do(ctx, OpGet, func() (err error) {
		v, err = r.reader.Get(ctx, t, key)
		return err
	})
	if err != nil {
		v = brook.Value{}
	}
	return v, err
}

func (r faultyReader) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return steps(ctx, r.fault, OpScan, r.reader.Scan(ctx, t, from, to))
}

func (r faultyReader) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return steps(ctx, r.fault, OpHistory, r.reader.History(ctx, t, key))
}

// Reverse yields what Scan does, the last row first, over a store that can't scan downwards.
func (r faultyReader) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	if down, ok := r.reader.(brook.Reverser); ok {
		return steps(ctx, r.fault, OpReverse, down.Reverse(ctx, t, from, to))
	}
	return func(yield func(brook.Row, error) bool) {
		var rows []brook.Row
		for row, err := range r.Scan(ctx, t, from, to) {
			if err != nil {
				yield(brook.Row{}, err)
				return
			}
			rows = append(rows, brook.Row{Key: bytes.Clone(row.Key), Value: row.Value})
		}
		for _, row := range slices.Backward(rows) {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Count counts the rows of a scan over a store that does not count.
func (r faultyReader) Count(ctx context.Context, t brook.Table) (n int, err error) {
	if c, ok := r.reader.(brook.Counter); ok {
		err = r.fault.Do(ctx, OpCount, func() (err error) {
			n, err = c.Count(ctx, t)
			return err
		})
		return n, err
	}
	for _, err := range r.Scan(ctx, t, nil, nil) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// steps returns a sequence whose beginning and whose every step may fail.
func steps[T any](ctx context.Context, f *Fault, op Op,
	rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := f.Do(ctx, op, func() error { return nil }); err != nil {
			yield(none, err)
			return
		}
		for row, err := range rows {
			if err == nil {
				err = f.Do(ctx, OpRow, func() error { return nil })
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
