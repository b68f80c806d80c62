package drivertest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// testPartitions: partitions come in order, keep their identity, and know where they begin and end.
func testPartitions(f *fixture) {
	first := f.partitions(f.topic)
	if len(first) == 0 {
		f.Fatal("a new topic has no partitions")
	}
	for i, p := range first {
		if p.Topic != f.topic || p.Number != int32(i) || p.Start != p.End || p.Log == "" {
			f.Errorf("partition %d of a new topic: %+v", i, p)
		}
	}
	at := f.publish(f.numbered("k", 0, 5)...)
	second := newTopic()
	all := f.partitions(second, f.topic)
	if !slices.IsSortedFunc(all, func(a, b brook.Partition) int {
		return brook.Position{Topic: a.Topic,
			Partition: a.Number}.Compare(brook.Position{Topic: b.Topic, Partition: b.Number})
	}) {
		f.Errorf("the partitions are not in order: %+v", all)
	}
	of := map[string]int{}
	for _, p := range all {
		of[p.Topic]++
		if p.Topic != f.topic {
			if p.Log == first[0].Log {
				f.Errorf("two topics have the log %s", p.Log)
			}
			continue
		}
		if p.Log != first[p.Number].Log {
			f.Errorf("the log of %+v was %s before", p, first[p.Number].Log)
		}
		switch end := first[p.Number].End; {
		case p.Number == at[0].Partition && (p.End < at[4].Offset+1 || p.Start > at[0].Offset):
			f.Errorf("records from %v to %v are not within %+v", at[0], at[4], p)
		case p.Number != at[0].Partition && p.End != end:
			f.Errorf("nothing was published to %+v", p)
		}
	}
	if of[f.topic] != len(first) || of[second] == 0 || len(of) != 2 {
		f.Errorf("partitions by topic: %v", of)
	}
	if none := f.partitions(); len(none) != 0 {
		f.Errorf("partitions of no topics: %+v", none)
	}
}

// testPositions: the positions are those of the records, in the batch's order.
func testPositions(f *fixture) {
	if none := f.publish(); len(none) != 0 {
		f.Errorf("nothing published: %v", none)
	}
	var records []brook.Record
	for n := range 60 {
		records = append(records, brook.Record{Topic: f.topic, Key: fmt.Appendf(nil, "key %d", n%7),
			Value:     fmt.Appendf(nil, "%d", n),
			Partition: 1000, Offset: 1000, // to be ignored
		})
	}
	positions := slices.Concat(f.publish(records[:20]...), f.publish(records[20]),
		f.publish(records[21:]...))
	last := map[int32]int64{}
	for i, p := range positions {
		if before, ok := last[p.Partition]; ok && p.Offset <= before {
			f.Errorf("record %d of partition %d has offset %d after %d", i, p.Partition,
				p.Offset, before)
		}
		last[p.Partition] = p.Offset
		if got := f.at(p); got.Position() != p || !same(&got, &records[i]) {
			f.Errorf("at %v stands %s, want %s", p, show(&got), show(&records[i]))
		}
	}
}

// testRecordsWhole: keys, values and headers come back as they were, nil and empty apart.
func testRecordsWhole(f *fixture) {
	at := time.UnixMilli(1_700_000_000_123)
	records := []brook.Record{
		{Key: []byte("k"), Value: []byte("v"), Time: at},
		{Key: []byte("k"), Value: nil},
		{Key: []byte("k"), Value: []byte{}},
		{Key: nil, Value: []byte("no key")},
		{Key: nil, Value: nil},
		{Key: nil, Value: []byte{}},
		{Key: []byte{}, Value: []byte("empty key")},
		{Key: []byte{0, 0xff}, Value: []byte{0, 0xff, 0}},
		{Key: []byte("k"), Value: []byte("v"), Headers: []brook.Header{
			{Key: "b", Value: []byte("1")}, {Key: "a", Value: []byte{0, 0xff}},
			{Key: "b", Value: []byte("2")}, {Key: "B", Value: []byte{}},
			{Key: "日", Value: []byte("3")},
		}},
		{Key: nil, Value: nil, Headers: []brook.Header{{Key: "only", Value: []byte("headers")}}},
	}
	for i := range records {
		records[i].Topic = f.topic
	}
	for i, p := range f.publish(records...) {
		if got := f.at(p); !same(&got, &records[i]) {
			f.Errorf("record %d is %s, want %s", i, show(&got), show(&records[i]))
		}
	}
	for i := range records { // published alone, too
		if got := f.at(f.publish(records[i])[0]); !same(&got, &records[i]) {
			f.Errorf("record %d published alone is %s, want %s", i, show(&got), show(&records[i]))
		}
	}
}

// testRecordsOwned: the driver keeps nothing of what Publish was given.
func testRecordsOwned(f *fixture) {
	buffer := []byte("keyvaluehead")
	headers := []brook.Header{{Key: "h", Value: buffer[8:12]}}
	batch := []brook.Record{{Topic: f.topic, Key: buffer[:3], Value: buffer[3:8], Headers: headers}}
	var positions []brook.Position
	for range 3 {
		positions = append(positions, f.publish(batch...)...)
	}
	copy(buffer, "spoiltspoilt")
	headers[0] = brook.Header{Key: "spoilt"}
	batch[0] = brook.Record{}
	want := brook.Record{Topic: f.topic, Key: []byte("key"), Value: []byte("value"),
		Headers: []brook.Header{{Key: "h", Value: []byte("head")}}}
	for _, p := range positions {
		if got := f.at(p); !same(&got, &want) {
			f.Errorf("the record is %s, want %s", show(&got), show(&want))
		}
	}
}

// testTimes: a record without a time gets that of its publishing, and later ones no earlier one.
func testTimes(f *fixture) {
	given := time.Date(2001, 2, 3, 4, 5, 6, 789_000_000, time.FixedZone("", 3600))
	records := f.numbered("k", 0, 4)
	records[2].Time = given
	before := time.Now().Add(-time.Minute) // a broker's clock may be another
	positions := append(f.publish(records[:2]...), f.publish(records[2:]...)...)
	var last time.Time
	for i, p := range positions {
		got := f.at(p).Time
		switch {
		case i == 2:
			if !got.Equal(given) {
				f.Errorf("the time is %v, want %v", got, given)
			}
		case got.Before(before) || got.Before(last) || got.After(time.Now().Add(time.Minute)):
			f.Errorf("record %d has the time %v, after %v", i, got, last)
		default:
			last = got
		}
	}
}

// testKeys: records of one key are in one partition, in order; records without key are spread.
func testKeys(f *fixture) {
	n := len(f.partitions(f.topic))
	if n == 1 {
		f.Skip("the driver makes topics of one partition")
	}
	of := map[string]int32{}
	used := map[int32]bool{}
	for round := range 3 {
		var records []brook.Record
		for i := range 100 {
			records = append(records,
				brook.Record{Topic: f.topic, Key: fmt.Appendf(nil, "key-%d", i),
					Value: fmt.Append(nil, round)})
		}
		for i, p := range f.publish(records...) {
			key := string(records[i].Key)
			if was, ok := of[key]; ok && was != p.Partition {
				f.Errorf("%s is in partitions %d and %d", key, was, p.Partition)
			}
			of[key] = p.Partition
			used[p.Partition] = true
		}
	}
	if len(used) != n {
		f.Errorf("100 keys are in %d of %d partitions", len(used), n)
	}
}

// testPlaced: a driver that is a Placer returns where Publish puts a key, and puts a placed record
// into its partition, also after the topic grew. A record for a partition that does not exist is
// out of range, and nothing of it is kept.
func testPlaced(f *fixture) {
	placer, ok := f.driver.(brook.Placer)
	if !ok {
		f.Skip("the driver is no brook.Placer")
	}
	partitions := f.partitions(f.topic)
	for i := range 20 {
		key := fmt.Appendf(nil, "key-%d", i)
		want, err := placer.Place(f.ctx, f.topic, key)
		if err != nil {
			f.Fatalf("Place: %v", err)
		}
		if at := f.publish(brook.Record{Topic: f.topic, Key: key}); at[0].Partition != want {
			f.Errorf("%s is published to partition %d, and Place gave %d", key,
				at[0].Partition, want)
		}
	}
	var records []brook.Record
	for i := range 4 * len(partitions) {
		var key []byte
		if i%2 == 0 {
			key = []byte("one key")
		}
		records = append(records,
			brook.Record{Topic: f.topic, Partition: int32(i % len(partitions)), Placed: true,
				Key: key, Value: fmt.Append(nil, i)})
	}
	last := map[int32]int64{}
	for i, p := range f.publish(records...) {
		if p.Partition != records[i].Partition {
			f.Errorf("record %d is in partition %d, want %d", i, p.Partition, records[i].Partition)
		}
		if before, ok := last[p.Partition]; ok && p.Offset <= before {
			f.Errorf("record %d has offset %d after %d", i, p.Offset, before)
		}
		last[p.Partition] = p.Offset
		if got := f.at(p); !same(&got, &records[i]) || got.Placed {
			f.Errorf("at %v stands %s, want %s", p, show(&got), show(&records[i]))
		}
	}
	nowhere := []brook.Record{{Topic: f.topic, Partition: int32(len(partitions)), Placed: true},
		{Topic: f.topic, Partition: 0, Placed: true}}
	_, err := f.driver.Publish(f.ctx, nowhere)
	refused := (*brook.PublishError)(nil)
	if !errors.As(err, &refused) || !errors.Is(refused.Errs[0], brook.ErrOutOfRange) ||
		errors.Is(refused.Errs[0], brook.ErrPermanent) || refused.Errs[1] != nil {
		f.Errorf("a partition that is not there: %v, want one error that wraps ErrOutOfRange", err)
	}
}

// testTopics: one batch may go to several topics, and each keeps its own.
func testTopics(f *fixture) {
	topics := []string{f.topic, newTopic(), newTopic()}
	var records []brook.Record
	for n := range 30 {
		records = append(records,
			brook.Record{Topic: topics[n*7%3], Key: []byte("k"), Value: fmt.Append(nil, n)})
	}
	last := map[string]int64{}
	for i, p := range f.publish(records...) {
		if before, ok := last[p.Topic]; p.Topic != records[i].Topic || ok && p.Offset <= before {
			f.Errorf("record %d of %s is at %v after offset %d", i, records[i].Topic, p, before)
		}
		last[p.Topic] = p.Offset
		if got := f.at(p); !same(&got, &records[i]) {
			f.Errorf("at %v stands %s, want %s", p, show(&got), show(&records[i]))
		}
	}
}

// testLargeRecords: records of nearly a megabyte, which brokers take by default,
// between small ones.
func testLargeRecords(f *fixture) {
	var records []brook.Record
	for i, size := range []int{10, 900_000, 0, 300_000, 40_000, 900_000, 1} {
		records = append(records,
			brook.Record{Topic: f.topic, Key: []byte("k"),
				Value: bytes.Repeat([]byte{byte('a' + i)}, size)})
	}
	var positions []brook.Position
	for i := range records {
		positions = append(positions, f.publish(records[i])...)
	}
	for i, p := range positions {
		if got := f.at(p); !same(&got, &records[i]) {
			f.Errorf("record %d of %d bytes comes back with %d", i, len(records[i].Value),
				len(got.Value))
		}
	}
}

// testPublishers: several publishers at a time keep the order of their own keys, and every record
// is where its position says.
func testPublishers(f *fixture) {
	const publishers, batches, size = 4, 30, 7
	found := make([][]brook.Position, publishers)
	var wg sync.WaitGroup
	for w := range publishers {
		wg.Go(func() {
			for b := range batches {
				positions, err := f.driver.Publish(f.ctx,
					f.numbered(fmt.Sprint("publisher ", w), b*size, (b+1)*size))
				if err != nil {
					f.Errorf("Publish: %v", err)
					return
				}
				found[w] = append(found[w], positions...)
			}
		})
	}
	wg.Wait()
	if f.Failed() {
		return
	}
	next := map[string]int{}
	for _, p := range f.partitions(f.topic) {
		var n int
		for _, of := range found {
			if of[0].Partition == p.Number {
				n += len(of)
			}
		}
		for _, r := range f.records(brook.Position{Topic: f.topic, Partition: p.Number,
			Offset: p.Start}, n) {
			key := string(r.Key)
			if want := fmt.Sprint(next[key]); string(r.Value) != want {
				f.Fatalf("%s comes where %s of %s should", show(&r), want, key)
			}
			if want := found[key[len(key)-1]-'0'][next[key]]; r.Position() != want {
				f.Fatalf("%s was published at %v", show(&r), want)
			}
			next[key]++
		}
	}
	for w := range publishers {
		if got := next[fmt.Sprint("publisher ", w)]; got != batches*size {
			f.Errorf("publisher %d: %d records, want %d", w, got, batches*size)
		}
	}
}
