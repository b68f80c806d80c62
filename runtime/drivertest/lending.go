package drivertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// testLending: what a reader lends stays as it is until it is released, and what Read returned
// stays so forever, whatever is read and released meanwhile.
func testLending(f *fixture) {
	const n = 20_000
	records := lendable(f.topic, n)
	var first brook.Position
	for from := 0; from < n; from += 1000 {
		p := f.publish(records[from : from+1000]...)
		if from == 0 {
			first = p[0]
		}
	}
	if _, ok := f.open(first).(brook.Lender); !ok {
		f.Skip("the readers lend nothing")
	}
	for seed := range uint64(3) {
		if err := lendAll(f.ctx, f.driver, first, records, seed); err != nil {
			f.Fatal(err)
		}
	}
}

// lendable makes records of one key, of many sizes, with headers or without.
func lendable(topic string, n int) []brook.Record {
	all := make([]brook.Record, n)
	for i := range all {
		r := &all[i]
		*r = brook.Record{Topic: topic, Key: []byte("k"),
			Value: []byte(strings.Repeat(fmt.Sprint(i, " "), 1+i%20))}
		for h := range i % 3 {
			r.Headers = append(r.Headers, brook.Header{
				Key: fmt.Sprint("h", h), Value: fmt.Append(nil, "of ", i),
			})
		}
	}
	return all
}

// lent is a chunk that was lent, or read, with the number of its first record.
type lent struct {
	records []brook.Record
	from    int
	release func() // nil: it was read
}

// intact returns an error if a chunk is not what was published.
func (l *lent) intact(want []brook.Record) error {
	for i := range l.records {
		if got := &l.records[i]; !same(got, &want[l.from+i]) {
			return fmt.Errorf("record %d, which was not released, is now %s, was %s",
				l.from+i, show(got), show(&want[l.from+i]))
		}
	}
	return nil
}

// lendAll reads a partition with three readers: most chunks are lent, others read. It releases them
// in another order than they came in, while further ones are read and after the readers are closed,
// and checks those that it still has.
func lendAll(
	ctx context.Context, driver brook.Driver, first brook.Position, want []brook.Record, seed uint64,
) (err error) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	type progress struct {
		brook.PartitionReader
		at int
	}
	readers := make([]*progress, 3)
	for i := range readers {
		r, err := driver.Open(ctx, first)
		if err != nil {
			return err
		}
		readers[i] = &progress{PartitionReader: r}
	}
	var held []lent
	check := func() error {
		for i := range held {
			if err := held[i].intact(want); err != nil {
				return err
			}
		}
		return nil
	}
	// end releases some chunk in another goroutine, unless it was read, and returns what waits for
	// that.
	end := func() (wait func()) {
		var work sync.WaitGroup
		i := rnd.IntN(len(held))
		if release := held[i].release; release != nil {
			held[i] = held[len(held)-1]
			held = held[:len(held)-1]
			work.Go(release)
		}
		return work.Wait
	}
	for turn := 0; len(readers) > 0; turn++ {
		released := func() {}
		if len(held) > 8 {
			released = end()
		}
		i := rnd.IntN(len(readers))
		r := readers[i]
		l := lent{from: r.at}
		var c brook.Chunk
		most := min(1+rnd.IntN(2000), len(want)-r.at)
		if rnd.IntN(4) == 0 {
			c, err = r.Read(ctx, most)
		} else {
			c, l.release, err = r.PartitionReader.(brook.Lender).Lend(ctx, most)
		}
		released()
		if err != nil {
			return fmt.Errorf("after %d of %d records: %w", r.at, len(want), err)
		}
		l.records = c.Records
		if r.at += len(c.Records); len(c.Records) > 0 {
			held = append(held, l)
		}
		if r.at == len(want) {
			if err := r.Close(); err != nil {
				return err
			}
			readers = append(readers[:i], readers[i+1:]...)
		}
		if turn%8 == 0 || len(readers) == 0 {
			if err := check(); err != nil {
				return err
			}
		}
	}
	for range len(held) {
		end()()
	}
	return check()
}
