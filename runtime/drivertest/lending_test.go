package drivertest

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// careless lends copies of a driver's records, and writes to some of them at the wrong time.
type careless struct {
	brook.Driver
	late  bool // to what another call returned, when something is released
	reads bool // to what Read returned too
	close bool // to what is not released, when the reader is closed
}

func (d careless) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, from)
	return &carelessReader{PartitionReader: r, careless: d}, err
}

type carelessReader struct {
	brook.PartitionReader
	careless
	before []brook.Record
}

func (r *carelessReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	c, err := r.copies(ctx, max)
	if r.reads {
		r.before = c.Records
	}
	return c, err
}

func (r *carelessReader) Lend(ctx context.Context, max int) (brook.Chunk, func(), error) {
	c, err := r.copies(ctx, max)
	target := c.Records
	if r.late || r.reads {
		target = r.before
	}
	if !r.reads {
		r.before = c.Records
	}
	return c, func() { wipe(target) }, err
}

// copies reads records with values of their own.
func (r *carelessReader) copies(ctx context.Context, max int) (brook.Chunk, error) {
	c, err := r.PartitionReader.Read(ctx, max)
	c.Records = slices.Clone(c.Records)
	for i := range c.Records {
		c.Records[i].Value = bytes.Clone(c.Records[i].Value)
	}
	return c, err
}

func (r *carelessReader) Close() error {
	if r.close {
		wipe(r.before)
	}
	return r.PartitionReader.Close()
}

func wipe(records []brook.Record) {
	for i := range records {
		clear(records[i].Value)
	}
}

// The suite finds a driver that uses memory again which it lent, or gave away.
func TestLendingFindsCarelessDrivers(t *testing.T) {
	for name, d := range map[string]careless{
		"right": {}, "another chunk": {late: true}, "one that was read": {reads: true},
		"at the close": {close: true},
	} {
		t.Run(name, func(t *testing.T) {
			d.Driver = memdriver.New(memdriver.Topic("t", 1))
			want := lendable("t", 20_000)
			if _, err := d.Publish(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(3) {
				err := lendAll(t.Context(), d, brook.Position{Topic: "t"}, want, seed)
				if wrong := name != "right"; !wrong && err != nil {
					t.Errorf("seed %d: %v", seed, err)
				} else if wrong && (err == nil ||
					!strings.Contains(err.Error(), "which was not released")) {
					t.Errorf("seed %d: %v, want an error", seed, err)
				}
			}
		})
	}
}
