package faulttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// TestDeadLetterTopicOfAGroup: members of a group that publish dead letters are killed at that. Each
// letter is in the topic, some more than once, then with the same ID.
func TestDeadLetterTopicOfAGroup(t *testing.T) {
	t.Parallel()
	c := shared(t)
	addr := redisAddr(t)
	ctx := limit(t)
	topic := c.topic(2, nil)
	dead := topic + "-dead"
	c.create(dead, 2, nil)
	conf := config(c.driver(nil), shareable(t, addr), topic)
	conf.Group, conf.DeadLetterTopic = true, dead
	stays := run(t, conf, audit())
	flow, stop := context.WithCancel(ctx)
	defer stop()
	flowed := make(chan error, 1)
	writer := c.writer(topic)
	go func() { flowed <- fail(flow, writer) }()
	for range 4 {
		dies := spawn(t, ctx, order{Addrs: c.addrs, Topic: topic, Redis: addr, Group: true,
			Batch: 7, Dead: dead})
		dies.await(publishing, 1)
		dies.kill()
	}
	stop()
	if err := <-flowed; err != nil {
		t.Fatal(err)
	}
	for _, last := range ends(t, ctx, c.steady(), topic) {
		stays.pass(ctx, last)
	}

	want := map[string]bool{}
	for _, r := range c.read(ctx, topic) {
		if m, ok := r.move(t); ok && m.Order == "fail" {
			want[fmt.Sprint(r.Partition, "/", r.Offset)] = true
		}
	}
	got := map[string]string{} // the ID of a letter, by the position of its event
	copies := 0
	c.until(ctx, func() bool {
		clear(got)
		copies = 0
		for _, r := range c.read(ctx, dead) {
			at := r.header("__streams.errors.partition") + "/" + r.header("__streams.errors.offset")
			id := r.header("brook-letter-id")
			if before, again := got[at]; again && before != id || !want[at] || id == "" {
				t.Errorf("a letter of %s has the ID %q, and had %q", at, id, before)
			}
			got[at] = id
			copies++
		}
		return len(got) >= len(want)
	}, "there are letters of %v", &got)
	letters := 0
	for range stays.DeadLetters() {
		letters++
	}
	if letters != len(want) || len(got) != len(want) {
		t.Errorf("%d dead letters, %d in the topic, want %d", letters, len(got), len(want))
	}
	t.Logf("%d letters, published %d times", len(got), copies)
}

// fail publishes events that fail, of one account after the other, until ctx ends.
func fail(ctx context.Context, writer *ledger.App) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		name := fmt.Sprint("account ", n)
		_, err := writer.Publish.Opened(ctx, ledger.Opened{Account: name})
		if err == nil {
			_, err = writer.Publish.Moved(ctx, ledger.Moved{Account: name, Order: "fail"})
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
