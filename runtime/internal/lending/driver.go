// Package lending is a driver for tests that lends its records, and overwrites them as soon as they
// are released. So whoever keeps something of a record that is not theirs is found: by what they
// read, and by the race detector.
//
// Tests of whole apps fold from it in place of package memdriver's driver, on which it is built. It
// is safe for concurrent use, as that is.
package lending

import (
	"bytes"
	"context"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Driver is a memdriver.Driver whose readers lend copies of its records.
type Driver struct{ *memdriver.Driver }

// Open returns a reader that is a brook.Lender.
func (d Driver) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, from)
	if err != nil {
		return nil, err
	}
	return reader{r}, nil
}

// reader lends copies of what a reader returns.
type reader struct{ brook.PartitionReader }

var _ brook.Lender = reader{}

// Lend returns copies, which release overwrites.
func (r reader) Lend(ctx context.Context, most int) (brook.Chunk, func(), error) {
	c, err := r.Read(ctx, most)
	if err != nil {
		return c, nil, err
	}
	c.Records = slices.Clone(c.Records)
	for i := range c.Records {
		record := &c.Records[i]
		record.Key, record.Value = bytes.Clone(record.Key), bytes.Clone(record.Value)
		record.Headers = slices.Clone(record.Headers)
		for j := range record.Headers {
			record.Headers[j].Value = bytes.Clone(record.Headers[j].Value)
		}
	}
	return c, func() { overwrite(c.Records) }, nil
}

// overwrite changes all that was lent.
func overwrite(records []brook.Record) {
	for i := range records {
		r := &records[i]
		spoil(r.Key)
		spoil(r.Value)
		for j := range r.Headers {
			spoil(r.Headers[j].Value)
			r.Headers[j] = brook.Header{Key: "released"}
		}
		*r = brook.Record{Topic: "released", Partition: -1, Offset: -1}
	}
}

func spoil(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
