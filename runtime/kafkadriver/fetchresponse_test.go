package kafkadriver

import (
	"math/rand/v2"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// someResponse is one that has of everything some.
func someResponse(version int16, records []byte) []byte {
	r := kmsg.NewFetchResponse()
	r.Version, r.ThrottleMillis = version, 20
	for _, topic := range []string{"a", "bc"} {
		t := kmsg.NewFetchResponseTopic()
		t.Topic = topic
		for n := range int32(2) {
			p := kmsg.NewFetchResponseTopicPartition()
			p.Partition, p.HighWatermark, p.LastStableOffset, p.LogStartOffset = n, 100, 90, 3
			p.ErrorCode = int16(n)
			p.RecordBatches = records
			a := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
			a.ProducerID, a.FirstOffset = 5, 50
			p.AbortedTransactions = append(p.AbortedTransactions, a)
			if n == 1 {
				p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset = 4, 77
				p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch = 1, 5
			}
			t.Partitions = append(t.Partitions, p)
		}
		r.Topics = append(r.Topics, t)
	}
	return r.AppendTo(nil)
}

func FuzzFetchResponse(f *testing.F) {
	for version := int16(oldestFetch); version <= newestFetch; version++ {
		newest := version == newestFetch
		f.Add(newest, someResponse(version, nil))
		f.Add(newest, someResponse(version, batch(10, 1, 0, 1).encode()))
		f.Add(newest, emptyReply(version, 0, 0, 0)[8:])
	}
	r := newReference(f)
	f.Fuzz(func(t *testing.T, newest bool, body []byte) {
		version := int16(oldestFetch)
		if newest {
			version = newestFetch
		}
		readsAsSarama(t, r, version, body)
	})
}

// The same with bytes that differ from good ones a little.
func TestFetchResponseMutated(t *testing.T) {
	r, random := newReference(t), rand.New(rand.NewPCG(3, 4))
	read := 0
	for i := range 3000 {
		version := int16(oldestFetch + i%2)
		body := someResponse(version, nil)
		mutate(random, body)
		if readsAsSarama(t, r, version, body) {
			read++
		}
	}
	if read < 300 {
		t.Errorf("%d of all are read, so that little was compared", read)
	}
}

// readsAsSarama compares what is found in a response with what sarama finds, and reports whether
// sarama finds anything.
func readsAsSarama(t *testing.T, r *reference, version int16, body []byte) bool {
	t.Helper()
	var got []fetched
	err := fetchResponse{version: version, body: body}.each(func(p *fetched) { got = append(got, *p) })
	if len(body) >= 4 {
		body = append(make([]byte, 4), body[4:]...) // sarama would wait for the throttle time
	}
	want, theirs := r.decode(t, version, body)
	if theirs != nil {
		return false // perhaps because of the records, which are another's concern
	}
	if err != nil {
		t.Fatalf("%v, and sarama has %+v", err, want)
	}
	last := map[division.Place]fetched{} // of two of one number
	for _, p := range got {
		last[division.Place{Topic: string(p.topic), Number: p.number}] = p
	}
	for at, p := range last {
		compare(t, &p, want.GetBlock(at.Topic, at.Number))
	}
	return true
}

func compare(t *testing.T, p *fetched, want *sarama.FetchResponseBlock) {
	t.Helper()
	if want == nil || len(p.aborted) != len(want.AbortedTransactions) {
		t.Fatalf("%+v, sarama has %+v", p, want)
	}
	if p.err != want.Err || p.high != want.HighWaterMarkOffset || p.start != want.LogStartOffset ||
		p.stable != want.LastStableOffset {
		t.Fatalf("%+v, sarama has %+v", p, want)
	}
	for i, a := range p.aborted {
		if *want.AbortedTransactions[i] != (sarama.AbortedTransaction{ProducerID: a.producer,
			FirstOffset: a.first}) {
			t.Errorf("%+v, sarama has %+v", a, want.AbortedTransactions[i])
		}
	}
	if d := want.DivergingEpoch; p.diverging != nil && (d == nil ||
		*p.diverging != (logEnd{d.Epoch, d.EndOffset})) {
		t.Errorf("the log ends at %+v, sarama has %+v", p.diverging, d)
	}
}

// What a response has is found, and what is cut off anywhere is an error.
func TestFetchResponse(t *testing.T) {
	for version := int16(oldestFetch); version <= newestFetch; version++ {
		body := someResponse(version, []byte("records"))
		var got []fetched
		add := func(p *fetched) { got = append(got, *p) }
		if err := (fetchResponse{version: version, body: body}).each(add); err != nil || len(got) != 4 {
			t.Fatalf("version %d: %+v, %v", version, got, err)
		}
		p := got[3]
		if string(p.topic) != "bc" || p.number != 1 || p.err != 1 || p.high != 100 ||
			p.stable != 90 || p.start != 3 || len(p.aborted) != 1 ||
			string(p.records) != "records" {
			t.Errorf("version %d: %+v", version, p)
		}
		if (p.diverging != nil) != (version == newestFetch) || got[2].diverging != nil ||
			p.diverging != nil && *p.diverging != (logEnd{4, 77}) {
			t.Errorf("version %d: diverging %+v", version, p.diverging)
		}
		for n := range body {
			if err := (fetchResponse{version: version, body: body[:n]}).each(add); err == nil {
				t.Fatalf("version %d: the first %d of %d bytes pass", version, n, len(body))
			}
		}
		if err := (fetchResponse{version: version, body: append(body, 0)}).each(add); err == nil {
			t.Errorf("version %d: a byte too many passes", version)
		}
	}
}
