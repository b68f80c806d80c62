package inspection

import (
	"bytes"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// passRows is how many rows one pass of backwards keeps.
const passRows = inspect.MaxLimit + 1

// backwards yields the rows of a scan that ends before to in descending order, for a store that
// scans upwards only: it reads all rows for each passRows of them.
func backwards(
	scan func(to []byte) iter.Seq2[brook.Row, error], to []byte,
) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		for {
			last, more, err := lastRows(scan(to))
			if err != nil {
				yield(brook.Row{}, err)
				return
			}
			for i := len(last) - 1; i >= 0; i-- {
				if !yield(last[i], nil) {
					return
				}
			}
			if !more {
				return
			}
			to = last[0].Key
		}
	}
}

// lastRows returns the last passRows rows of a scan, in its order, and whether there are more
// before them.
func lastRows(scan iter.Seq2[brook.Row, error]) (last []brook.Row, more bool, err error) {
	n := 0
	for row, err := range scan {
		if err != nil {
			return nil, false, err
		}
		if n < passRows {
			last = append(last, brook.Row{Key: bytes.Clone(row.Key), Value: row.Value})
		} else {
			at := &last[n%passRows]
			at.Key, at.Value = append(at.Key[:0], row.Key...), row.Value
		}
		n++
	}
	if n <= passRows {
		return last, false, nil
	}
	oldest := n % passRows
	return append(last[oldest:len(last):len(last)], last[:oldest]...), true, nil
}
