package drivertest

import (
	"context"
	"errors"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// testReplay: a partition can be read from any offset, as often as one likes, with the same result.
func testReplay(f *fixture) {
	const n = 50
	positions := f.publish(f.numbered("k", 0, n)...)
	first := f.records(positions[0], n)
	f.wantNumbered(first, 0)
	for _, from := range []int{0, 1, 17, n - 1} {
		again := f.records(positions[from], n-from)
		f.wantNumbered(again, from)
		for i := range again {
			if w := &first[from+i]; !same(&again[i], w) || again[i].Position() != w.Position() {
				f.Errorf("read again it is %s, was %s", show(&again[i]), show(w))
			}
		}
	}
}

// testBacklog: a long backlog is read whole, in pieces of any size, and End shows how much is left.
func testBacklog(f *fixture) {
	const n = 20_000
	var first brook.Position
	for from := 0; from < n; from += 1000 {
		p := f.publish(f.numbered("k", from, from+1000)...)
		if from == 0 {
			first = p[0]
		}
	}
	for _, max := range []int{n, 999, 64} {
		got, err := f.read(f.open(first), n, max)
		if err != nil {
			f.Fatalf("Read: %v", err)
		}
		f.wantNumbered(got, 0)
	}
	r := f.open(first)
	c, err := r.Read(f.ctx, 1)
	if err != nil || len(c.Records) > 1 || c.End < first.Offset+n {
		f.Errorf("the first chunk has %d records, End %d, error %v; want one, and End %d",
			len(c.Records), c.End, err, first.Offset+n)
	}
	f.wantNumbered(c.Records, 0)
}

// testReadWaits: a reader at the end waits, and gets what is published, once.
func testReadWaits(f *fixture) {
	const n = 100
	at := f.publish(f.numbered("k", 0, 1)...)[0]
	at.Offset++
	r := f.open(at)
	step := make(chan []brook.Record)
	var failed error
	go func() {
		defer close(step)
		for range n {
			got, err := f.read(r, 1, 10)
			if failed = err; err != nil {
				return
			}
			step <- got
		}
	}()
	for i := range n {
		f.publish(f.numbered("k", 1+i, 2+i)...)
		got, ok := <-step
		if !ok {
			f.Fatalf("Read: %v", failed)
		}
		f.wantNumbered(got, 1+i)
	}
}

// testReadCancelled: a read that waits ends with its context, and the reader can go on.
func testReadCancelled(f *fixture) {
	at := f.publish(f.numbered("k", 0, 1)...)[0]
	at.Offset++
	r := f.open(at)
	for range 10 {
		ctx, cancel := context.WithCancel(f.ctx)
		ended := make(chan error)
		go func() {
			for {
				if c, err := r.Read(ctx, 10); err != nil || len(c.Records) > 0 {
					ended <- err
					return
				}
			}
		}()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			f.Fatalf("Read: %v, want context.Canceled", err)
		}
	}
	f.publish(f.numbered("k", 1, 3)...)
	got, err := f.read(r, 2, 10)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	f.wantNumbered(got, 1)
}

// testReadersApart: readers of one partition at a time do not disturb each other,
// nor does closing one.
func testReadersApart(f *fixture) {
	const readers, n = 4, 500
	first := f.publish(f.numbered("k", 0, 1)...)[0]
	opened := make([]brook.PartitionReader, readers)
	for i := range opened {
		opened[i] = f.open(first)
	}
	closed, err := f.driver.Open(f.ctx, first)
	if err != nil {
		f.Fatalf("Open: %v", err)
	}
	if err := closed.Close(); err != nil {
		f.Errorf("Close: %v", err)
	}
	got := make([][]brook.Record, readers)
	var wg sync.WaitGroup
	for i, r := range opened {
		wg.Go(func() {
			records, err := f.read(r, n, 10+i)
			if err != nil {
				f.Errorf("Read: %v", err)
			}
			got[i] = records
		})
	}
	for from := 1; from < n; from++ {
		f.publish(f.numbered("k", from, from+1)...)
	}
	wg.Wait()
	for i := range got {
		f.wantNumbered(got[i], 0)
	}
}

// testOutOfRange: an offset outside the partition is reported as such; the
// partition's end is inside.
func testOutOfRange(f *fixture) {
	at := f.publish(f.numbered("k", 0, 3)...)
	p := f.partitions(f.topic)[at[0].Partition]
	end := brook.Position{Topic: f.topic, Partition: p.Number, Offset: p.End}
	f.open(end)
	for _, offset := range []int64{p.End + 1, p.End + 1000, p.Start - 1} {
		if offset >= p.Start && offset <= p.End {
			continue
		}
		r, err := f.driver.Open(f.ctx,
			brook.Position{Topic: f.topic, Partition: p.Number, Offset: offset})
		if err == nil {
			_ = r.Close()
		}
		if !errors.Is(err, brook.ErrOutOfRange) {
			f.Errorf("Open at %d, which is not within %+v: %v, want ErrOutOfRange", offset, p, err)
		}
	}
}

// testRetention: after old records are deleted, a reader that needs them gets an error, once
// what it read ahead is used up, and the rest is as before. The deleted records are 5 MB: no
// reader may hold so many.
func testRetention(f *fixture) {
	trimmer, ok := f.driver.(Trimmer)
	if !ok {
		f.Skip("the driver is no drivertest.Trimmer")
	}
	const n, trimmed = 300, 250
	records := f.numbered("k", 0, n)
	for i := range records {
		records[i].Headers = []brook.Header{{Key: "padding", Value: make([]byte, 20_000)}}
	}
	at := f.publish(records...)
	behind, ahead := f.open(at[0]), f.open(at[270])
	if _, err := f.read(behind, 10, 10); err != nil {
		f.Fatalf("Read: %v", err)
	}
	held, err := f.read(f.open(at[0]), 50, 50)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	if err := trimmer.Trim(f.topic, at[0].Partition, at[trimmed].Offset); err != nil {
		f.Fatalf("Trim: %v", err)
	}
	f.wantNumbered(held, 0)
	if p := f.partitions(f.topic)[at[0].Partition]; p.Start != at[trimmed].Offset ||
		p.End != at[n-1].Offset+1 {
		f.Errorf("trimmed to %d, the partition is %+v", at[trimmed].Offset, p)
	}
	more, err := f.read(behind, trimmed-10, 10)
	f.wantNumbered(more, 10)
	if !errors.Is(err, brook.ErrOutOfRange) {
		f.Errorf("Read of what is deleted: %v after %d records, want ErrOutOfRange", err,
			10+len(more))
	}
	if _, err := f.driver.Open(f.ctx, at[trimmed-1]); !errors.Is(err, brook.ErrOutOfRange) {
		f.Errorf("Open of what is deleted: %v, want ErrOutOfRange", err)
	}
	f.wantNumbered(f.records(at[trimmed], n-trimmed), trimmed)
	rest, err := f.read(ahead, n-270, 1000)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	f.wantNumbered(rest, 270)

	if err := trimmer.Trim(f.topic, at[0].Partition, at[n-1].Offset+1); err != nil {
		f.Fatalf("Trim: %v", err)
	}
	next := f.publish(f.numbered("k", n, n+2)...)
	if next[0].Offset != at[n-1].Offset+1 {
		f.Errorf("after all was deleted the next offset is %d, want %d", next[0].Offset,
			at[n-1].Offset+1)
	}
	f.wantNumbered(f.records(next[0], 2), n)
}

// testCancelled: calls with a context that has ended do nothing, and return its error.
func testCancelled(f *fixture) {
	at := f.publish(f.numbered("k", 0, 2)...)
	r := f.open(at[0])
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	if _, err := f.driver.Publish(ctx, f.numbered("k", 2, 3)); !errors.Is(err, context.Canceled) {
		f.Errorf("Publish: %v, want context.Canceled", err)
	}
	if _, err := r.Read(ctx, 10); !errors.Is(err, context.Canceled) {
		f.Errorf("Read: %v, want context.Canceled", err)
	}
	got, err := f.read(r, 2, 10)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	f.wantNumbered(got, 0)
}

// testMarks: a group's marks are what it set last, for each partition.
func testMarks(f *fixture) {
	marker, ok := f.driver.(brook.Marker)
	if !ok {
		f.Skip("the driver is no brook.Marker")
	}
	group, other := newTopic(), newTopic()
	mark := func(group string, positions ...brook.Position) {
		f.Helper()
		if err := marker.Mark(f.ctx, group, positions); err != nil {
			f.Fatalf("Mark: %v", err)
		}
	}
	want := func(group string, positions ...brook.Position) {
		f.Helper()
		got, err := marker.Marks(f.ctx, group)
		slices.SortFunc(got, brook.Position.Compare)
		slices.SortFunc(positions, brook.Position.Compare)
		if err != nil || !slices.Equal(got, positions) {
			f.Errorf("Marks of %s: %v, %v; want %v", group, got, err, positions)
		}
	}
	want(group)
	second := newTopic()
	f.partitions(second)
	at := f.publish(f.numbered("k", 0, 10)...)
	zero := brook.Position{Topic: second}
	mark(group, at[3], zero)
	want(group, at[3], zero)
	mark(group, at[7])
	want(group, at[7], zero)
	want(other)
	mark(other, at[1])
	mark(group)
	want(group, at[7], zero)
	want(other, at[1])
}

// A log that is cut back and grows again has other records at the same offsets: a reader that was
// beyond the cut reports so, one that was not continues, and what was read stays as it was.
func testCutBack(f *fixture) {
	truncater, ok := f.driver.(Truncater)
	if !ok {
		f.Skip("the driver is no drivertest.Truncater")
	}
	const n, cut, regrown = 100, 40, 90
	at := f.publish(f.numbered("k", 0, n)...)
	past, before, waits := f.open(at[0]), f.open(at[0]), f.open(at[0])
	held, err := f.read(past, 60, 7)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	if _, err := f.read(before, 30, 30); err != nil {
		f.Fatalf("Read: %v", err)
	}
	if _, err := f.read(waits, n, n); err != nil {
		f.Fatalf("Read: %v", err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := f.read(waits, 1, 1)
		failed <- err
	}()
	if err := truncater.Truncate(f.topic, at[0].Partition, at[cut].Offset); err != nil {
		f.Fatalf("Truncate: %v", err)
	}
	if err := <-failed; !errors.Is(err, brook.ErrOutOfRange) {
		f.Errorf("a Read that waits at the end of what is cut back: %v, want ErrOutOfRange", err)
	}
	if p := f.partitions(f.topic)[at[0].Partition]; p.End != at[cut].Offset {
		f.Errorf("cut back to %d, the partition is %+v", at[cut].Offset, p)
	}
	next := f.publish(f.numbered("k", 1000+cut, 1000+regrown)...)
	if next[0] != at[cut] {
		f.Errorf("the next record is at %v, want %v", next[0], at[cut])
	}
	f.wantNumbered(held, 0)
	if c, err := f.read(past, 1, 1); !errors.Is(err, brook.ErrOutOfRange) {
		f.Errorf("Read in the middle of what grew anew: %v, %v, want ErrOutOfRange", c, err)
	}
	rest, err := f.read(before, regrown-30, 1000)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	f.wantNumbered(rest[:cut-30], 30)
	f.wantNumbered(rest[cut-30:], 1000+cut)
}
