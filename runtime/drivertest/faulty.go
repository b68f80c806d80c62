package drivertest

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fault"
)

// A Fault decides when a faulty driver fails, and counts its operations. Several drivers, and
// stores of storetest.Faulty, may share one.
type Fault = fault.Fault

// FaultKind is the way in which an operation fails.
type FaultKind = fault.Kind

// Op names an operation of a driver.
type Op = fault.Op

// The ways to fail.
const (
	Fail        = fault.Fail        // the operation is not done; later ones work
	CrashBefore = fault.CrashBefore // the operation is not done, and nothing works from then on
	// the operation is done but returns an error, and nothing works from then on
	CrashAfter = fault.CrashAfter
	// Publish takes the first half of its records and refuses the others; other operations Fail
	Half = fault.Half
)

// The operations of a driver. OpRead and OpGrown are counted when there is something to return,
// OpJoin before the member is called.
const (
	OpPartitions = fault.Partitions
	OpOpen       = fault.Open
	OpPublish    = fault.Publish
	OpRead       = fault.Read
	OpMark       = fault.Mark
	OpMarks      = fault.Marks
	OpGrown      = fault.Grown
	OpJoin       = fault.Join
)

// The errors of a fault.
var (
	ErrInjected = fault.ErrInjected // the operation was made to fail
	ErrCrashed  = fault.ErrCrashed  // the driver has crashed
)

// NewFault returns a fault that strikes at the n-th operation, counted from 1, of the given ones,
// or of all if none are given. With n = 0 it only counts.
func NewFault(kind FaultKind, n int, ops ...Op) *Fault { return fault.New(kind, n, ops...) }

// Faulty wraps a driver so that it fails as f decides. A crash ends the reads that wait, and
// memberships of groups, without calling their members. The driver itself is then as it was at that
// instant: use it, or wrap it anew, as the one after the crash. The wrapper is a brook.Marker if
// the driver is, and a brook.Partitioner, brook.Placer, brook.Grower and brook.Grouper too if the
// driver is all five. Place never fails on purpose.
func Faulty(driver brook.Driver, f *Fault) brook.Driver {
	d := faulty{driver, f}
	m, ok := driver.(brook.Marker)
	if !ok {
		return d
	}
	p, partitions := driver.(brook.Partitioner)
	grower, grows := driver.(brook.Grower)
	grouper, groups := driver.(brook.Grouper)
	placer, places := driver.(brook.Placer)
	if partitions && places && grows && groups {
		return faultyPeer{faultyMarker{d, m}, p, placer, grower, grouper}
	}
	return faultyMarker{d, m}
}

type faulty struct {
	driver brook.Driver
	fault  *Fault
}

func (d faulty) Partitions(ctx context.Context,
	topics ...string) (all []brook.Partition, err error) {
	err = d.fault.Do(ctx, OpPartitions, func() (err error) {
		all, err = d.driver.Partitions(ctx, topics...)
		return err
	})
	return all, err
}

func (d faulty) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	var r brook.PartitionReader
	err := d.fault.Do(ctx, OpOpen, func() (err error) {
		r, err = d.driver.Open(ctx, from)
		return err
	})
	if err != nil {
		if r != nil {
			_ = r.Close()
		}
		return nil, err
	}
	return &faultyReader{reader: r, fault: d.fault}, nil
}

func (d faulty) Publish(ctx context.Context,
	records []brook.Record) (positions []brook.Position, err error) {
	err = d.fault.Do(ctx, OpPublish, func() (err error) {
		positions, err = d.driver.Publish(ctx, records)
		return err
	})
	if errors.Is(err, ErrInjected) && d.fault.Halves() && len(records) > 0 {
		return d.half(ctx, records)
	}
	return positions, err
}

func (d faulty) half(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	n := len(records) / 2
	positions, err := d.driver.Publish(ctx, records[:n])
	if err != nil {
		return positions, err
	}
	refused := &brook.PublishError{Errs: make([]error, len(records))}
	for i := n; i < len(records); i++ {
		refused.Errs[i] = ErrInjected
	}
	return append(positions, make([]brook.Position, len(records)-n)...), refused
}

type faultyMarker struct {
	faulty
	marker brook.Marker
}

func (d faultyMarker) Mark(ctx context.Context, group string, positions []brook.Position) error {
	return d.fault.Do(ctx, OpMark, func() error { return d.marker.Mark(ctx, group, positions) })
}

func (d faultyMarker) Marks(ctx context.Context,
	group string) (positions []brook.Position, err error) {
	err = d.fault.Do(ctx, OpMarks, func() (err error) {
		positions, err = d.marker.Marks(ctx, group)
		return err
	})
	return positions, err
}

// A faultyReader keeps a chunk whose Read failed, so that the next Read returns it.
type faultyReader struct {
	reader brook.PartitionReader
	fault  *Fault
	chunk  *brook.Chunk
}

func (r *faultyReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	if r.fault.Crashed() {
		return brook.Chunk{}, ErrCrashed
	}
	if r.chunk == nil {
		until, stop := r.fault.Until(ctx)
		c, err := r.reader.Read(until, max)
		stop()
		if err != nil {
			if r.fault.Crashed() {
				err = ErrCrashed
			}
			return brook.Chunk{}, err
		}
		r.chunk = &c
	}
	if err := r.fault.Do(ctx, OpRead, func() error { return nil }); err != nil {
		return brook.Chunk{}, err
	}
	c := *r.chunk
	if len(c.Records) > max { // it was read for another max
		rest := c
		c.Records, rest.Records = c.Records[:max:max], c.Records[max:]
		c.Next = rest.Records[0].Offset
		r.chunk = &rest
		return c, nil
	}
	r.chunk = nil
	return c, nil
}

func (r *faultyReader) Close() error { return r.reader.Close() }
