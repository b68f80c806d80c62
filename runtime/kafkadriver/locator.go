package kafkadriver

import (
	"context"
	"fmt"
	"sync"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A locator finds the leader, start and end of partitions. Requests that come while one is in
// progress are sent together afterwards: an app that opens a thousand readers at once asks each
// broker a few times, not a thousand.
type locator struct {
	driver *Driver

	mu      sync.Mutex
	waiting []*location
	busy    bool
}

// A location is a request to the locator, and its result.
type location struct {
	place     division.Place
	topic     *topic
	partition brook.Partition
	err       error
	done      chan struct{}
}

// locate returns the topic of a partition, and the partition with its start and end.
func (l *locator) locate(ctx context.Context, at division.Place) (*topic, brook.Partition, error) {
	w := &location{place: at, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	begin := !l.busy
	l.busy = true
	l.mu.Unlock()
	if begin && !l.driver.start(l.run) {
		return nil, brook.Partition{}, ErrClosed
	}
	select {
	case <-w.done:
		return w.topic, w.partition, w.err
	case <-ctx.Done():
		return nil, brook.Partition{}, ctx.Err()
	case <-l.driver.ctx.Done():
		return nil, brook.Partition{}, ErrClosed
	}
}

// run answers requests until none is left.
func (l *locator) run() {
	for {
		l.mu.Lock()
		all := l.waiting
		l.waiting = nil
		if len(all) == 0 || l.driver.ctx.Err() != nil {
			l.busy = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.answer(all)
		for _, w := range all {
			close(w.done)
		}
	}
}

func (l *locator) answer(all []*location) {
	var names []string
	named := map[string]bool{}
	for _, w := range all {
		if !named[w.place.Topic] {
			named[w.place.Topic] = true
			names = append(names, w.place.Topic)
		}
	}
	found, failed, err := l.driver.lookup(l.driver.ctx, names)
	byLeader := map[string][]*location{}
	for _, w := range all {
		w.topic, w.partition = found[w.place.Topic], brook.Partition{Topic: w.place.Topic,
			Number: w.place.Number}
		switch n := w.place.Number; {
		case err != nil:
			w.err = err
		case w.topic == nil:
			w.err = failed[w.place.Topic]
		case n < 0 || int(n) >= len(w.topic.leaders):
			w.err = fmt.Errorf("kafkadriver: there is no partition %s/%d: %w", w.place.Topic, n,
				brook.ErrPermanent)
		case w.topic.leaders[n].addr == "":
			w.err = noLeader(w.place.Topic, n)
		default:
			addr := w.topic.leaders[n].addr
			byLeader[addr] = append(byLeader[addr], w)
		}
	}
	var wg sync.WaitGroup
	for addr, led := range byLeader {
		wg.Go(func() {
			partitions := make([]*brook.Partition, len(led))
			for i, w := range led {
				partitions[i] = &w.partition
			}
			for i, err := range l.driver.offsets(addr, partitions) {
				led[i].err = err
			}
		})
	}
	wg.Wait()
}

// offsets asks the leader of partitions where they start and end, in two requests for all of them.
// The result has an error, or nil, for each partition.
func (d *Driver) offsets(addr string, partitions []*brook.Partition) []error {
	errs := make([]error, len(partitions))
	for _, which := range []struct {
		time int64
		set  func(*brook.Partition, int64)
	}{
		{sarama.OffsetOldest, func(p *brook.Partition, offset int64) { p.Start = offset }},
		{sarama.OffsetNewest, func(p *brook.Partition, offset int64) {
			p.End = max(offset, p.Start)
		}},
	} {
		request := sarama.NewOffsetRequest(d.config.Version)
		request.IsolationLevel = sarama.ReadCommitted
		for _, p := range partitions {
			request.AddBlock(p.Topic, p.Number, which.time, 1)
		}
		response, err := call(d.conn(addr), (*sarama.Broker).GetAvailableOffsets, request)
		for i, p := range partitions {
			if errs[i] != nil {
				continue
			}
			if err != nil {
				errs[i] = fmt.Errorf("kafkadriver: offsets of broker %s: %w", addr, err)
				continue
			}
			block := response.GetBlock(p.Topic, p.Number)
			switch {
			case block == nil:
				errs[i] = explain(sarama.ErrIncompleteResponse, "offsets of %s/%d",
					p.Topic, p.Number)
			case block.Err != sarama.ErrNoError:
				errs[i] = explain(block.Err, "offsets of %s/%d", p.Topic, p.Number)
			default:
				which.set(p, block.Offset)
			}
		}
	}
	return errs
}
