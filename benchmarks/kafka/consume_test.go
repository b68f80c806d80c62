package kafka

import (
	"runtime"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// users is how many accounts there are.
const users = 10_000

// peer is somebody who reads a topic from its first record to its last.
type peer struct {
	name string
	hand string // who does the same by hand, "" where nobody does
	// folds says whether it keeps balances, else it counts and discards.
	folds bool
	run   func(b *testing.B, t *topic) (summary, time.Duration)
}

const bareGroup = "discard/sarama-group"

// BenchmarkConsume reads a topic that was filled before: it tells how many events a second each
// peer deals with, and how much that is of the bare consumer group's rate, and of the same by hand.
// What each of them kept is compared with what was published.
func BenchmarkConsume(b *testing.B) {
	t := newFilledTopic(b, events(b), users)
	rates := map[string]float64{}
	for _, p := range []peer{
		{name: bareGroup, run: discardGroup},
		{name: "discard/sarama-partitions", run: discardPartitions},
		{name: "discard/franz-go", run: discardFranz},
		{name: "map/sarama+hand-decoder", folds: true, run: foldByHand},
		{name: "map/sarama+encoding-json", folds: true, run: foldReflected},
		{name: "map/watermill", folds: true, run: foldWatermill},
		{name: "badger/sarama+encoding-json", folds: true, run: keepByHand(false)},
		{name: "badger-sync/sarama+encoding-json", folds: true, run: keepByHand(true)},
		{name: "map/brook", folds: true, run: foldMap, hand: "map/sarama+encoding-json"},
		{name: "badger/brook", folds: true, run: foldBadger(badgerstore.NoSync()),
			hand: "badger/sarama+encoding-json"},
		{name: "badger-sync/brook", folds: true, run: foldBadger(),
			hand: "badger-sync/sarama+encoding-json"},
	} {
		b.Run(p.name, func(b *testing.B) {
			var taken time.Duration
			turns := 0
			before := used(b)
			for b.Loop() {
				runtime.GC() // not for the others before
				got, d := p.run(b, t)
				got.check(b, &t.sum, p.folds)
				taken += d
				turns++
			}
			before.report(b, turns*t.sum.events)
			rate := float64(turns*t.sum.events) / taken.Seconds()
			rates[p.name] = rate
			b.ReportMetric(rate, "events/s")
			b.ReportMetric(0, "ns/op")
			if bare := rates[bareGroup]; bare > 0 {
				b.ReportMetric(rate/bare, "of-bare")
			}
			if hand := rates[p.hand]; hand > 0 {
				b.ReportMetric(rate/hand, "of-hand")
			}
		})
	}
}
