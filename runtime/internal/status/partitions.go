package status

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// partitions fills in what is known of partitions, and what is counted by them.
func (r *Reader) partitions(out *brook.Status, now time.Time) (readings []gauge.Reading) {
	s := r.Tasks
	var idle map[partition.ID]time.Duration
	s.TasksMu.Lock()
	for _, t := range s.Tasks {
		for _, p := range t.Partitions {
			reading := p.Gauge.Reading(now)
			readings = append(readings, reading)
			if d := idleFor(&reading, now); d > 0 && !s.Valve.Closing() {
				if idle == nil {
					idle = map[partition.ID]time.Duration{}
				}
				idle[p.ID] = d
			}
			out.Partitions = append(out.Partitions, brook.PartitionStatus{
				Topic: p.ID.Topic, Partition: p.ID.Number,
				Next: reading.Next, End: reading.End, Behind: reading.Age,
				Time: reading.Last.UTC(), Moved: reading.Moved.UTC(),
				Letters: p.Blocked.Len(), Stands: standing(&reading, now),
			})
		}
	}
	s.TasksMu.Unlock()
	slices.SortFunc(out.Partitions, func(a, b brook.PartitionStatus) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	for i := range out.Partitions {
		p := &out.Partitions[i]
		r.count(p)
		d := idle[partition.ID{Topic: p.Topic, Number: p.Partition}]
		if p.Stands == "" && d > 0 {
			p.Stands = fmt.Sprintf("it has not moved for %s, and neither store nor log failed: "+
				"a handler may not return", d.Round(time.Second))
		}
	}
	out.Letters = r.letters(out.Partitions)
	return readings
}

// count counts what a partition has set aside and left to do, and says why it stands still if that
// is too much.
func (r *Reader) count(p *brook.PartitionStatus) {
	s, id := r.Tasks, partition.ID{Topic: p.Topic, Number: p.Partition}
	parked, reported := s.Parked.Len(id)
	p.Parked, p.Letters = parked, p.Letters+reported
	p.Outbox = s.Outbox.Depth(id)
	if s.Jobs != nil {
		p.Jobs = s.Jobs.Waiting(id)
	}
	if p.Stands != "" {
		return
	}
	switch c := s.Config; {
	case p.Letters >= c.MaxDeadLetters:
		p.Stands = fmt.Sprintf("it has %d dead letters (Config.MaxDeadLetters)", p.Letters)
	case p.Outbox >= c.MaxOutbox:
		p.Stands = fmt.Sprintf("%d of its emissions wait to be published (Config.MaxOutbox)", p.Outbox)
	case s.Jobs != nil && p.Jobs >= c.Jobs.MaxWaiting:
		p.Stands = fmt.Sprintf("%d of its jobs wait (Config.Jobs.MaxWaiting)", p.Jobs)
	}
}

// handlerTime is after how long a handler is suspected not to return: batches take milliseconds, and
// the first one is not committed before it ends.
const handlerTime = 30 * time.Second

// idleFor returns for how long a partition has not moved although it has events, if that is longer
// than handlers take.
func idleFor(r *gauge.Reading, now time.Time) time.Duration {
	if !r.Behind || r.Next >= r.End {
		return 0
	}
	since := r.Since
	if r.Moved.After(since) {
		since = r.Moved
	}
	if d := now.Sub(since); d > handlerTime {
		return d
	}
	return 0
}

// standing returns why a partition stands still, as far as its gauge says; "": it does not.
func standing(r *gauge.Reading, now time.Time) string {
	switch {
	case r.Kind == gauge.Store:
		return "the store fails: " + r.Why
	case r.Kind == gauge.Log:
		return "it can't be read: " + r.Why
	case r.Kind == gauge.Handler:
		return "a handler is tried again: " + r.Why
	case !r.Undelivered.IsZero():
		return fmt.Sprintf("the log has not delivered its next record for %s: a transaction may be open",
			now.Sub(r.Undelivered).Round(time.Second))
	}
	return ""
}
