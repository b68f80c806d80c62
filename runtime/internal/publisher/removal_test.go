package publisher_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// One destination that fails holds up what goes there, in its order, and nothing else.
func TestOneDestinationFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), nil)
		r.broker.fails["down"] = errAway
		for offset := range int64(3) {
			r.emit(offset, "down", "up")
		}
		r.publish(false)
		want(t, "published", r.broker.took(), "up:0 up:1 up:2")
		want(t, "stored", r.stored(), "down:0 down:1 down:2")
		f := r.failures()
		if len(f) != 1 || f[0].What != "publish" || !errors.Is(f[0].Err, errAway) ||
			!strings.Contains(f[0].Err.Error(), "topic down") {
			t.Errorf("reported %+v, want one failure of topic down", f)
		}
		r.emit(3, "down", "up")
		r.publish(false)
		want(t, "published past it", r.broker.took(), "up:3")
		delete(r.broker.fails, "down")
		time.Sleep(r.Outbox.Next())
		r.publish(false)
		want(t, "published in the end", r.broker.took(), "down:0 down:1 down:2 down:3")
		want(t, "stored in the end", r.stored(), "")
		if !strings.Contains(r.text(), "publish works again") {
			t.Errorf("no recovery in the log: %s", r.text())
		}
	})
}

// What the driver refuses for good becomes a letter in the commit that removes the emission.
func TestRefusedEmissionsBecomeLetters(t *testing.T) {
	r := newRig(t, newDisk(), nil)
	r.broker.fails["closed"] = fmt.Errorf("no such topic: %w", brook.ErrPermanent)
	r.emit(4, "closed", "open")
	letters := r.Catalog.Live().Letters
	commits := 0
	r.store.commit = func(b *brook.Batch) error {
		commits++
		removed, written := 0, 0
		for _, w := range b.Writes {
			switch {
			case w.Table == r.OutboxTable && w.Op == brook.Remove:
				removed++
			case w.Table == letters && w.Op == brook.Put:
				written++
			}
		}
		if removed != 2 || written != 1 || len(b.Writes) != 3 {
			t.Errorf("a commit removes %d emissions and writes %d letters, want 2 and 1", removed,
				written)
		}
		if commits == 1 {
			if len(r.refused)+len(r.letters) > 0 {
				t.Error("a letter counts before it is stored")
			}
		}
		return nil
	}
	r.publish(false)
	want(t, "commits", commits, 1)
	want(t, "published", r.broker.took(), "open:4")
	want(t, "letters", r.count(letters), 1)
	if len(r.refused) != 1 || r.refused[0] != in || len(r.letters) != 1 {
		t.Fatalf("refused %v, reported %v", r.refused, r.letters)
	}
	l := r.letters[0]
	if l.Stage != brook.StageEmit || l.Position != in.At(4) || l.Record.Topic != "closed" ||
		l.Set != "Set" || !strings.Contains(l.Error, "no such topic") {
		t.Errorf("the letter: %+v", l)
	}
}

// What is too much for one commit is removed in several; what fails is tried again with the same
// ID.
func TestLargeRemovals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), nil)
		for offset := range int64(11) {
			r.emit(offset, "out")
		}
		var sizes []int
		ids := map[brook.BatchID]int{}
		r.store.commit = func(b *brook.Batch) error {
			ids[b.ID]++
			if len(b.Writes) > 3 {
				return brook.ErrTooLarge
			}
			if len(sizes) == 0 && ids[b.ID] == 1 {
				return errAway
			}
			sizes = append(sizes, len(b.Writes))
			return nil
		}
		r.publish(false)
		want(t, "commits", fmt.Sprint(sizes), "[2 3 3 3]")
		want(t, "batches", len(ids), 7)
		want(t, "stored", r.stored(), "")
		want(t, "failures", len(r.failures()), 1)
	})
}

// A process that lost the lease while it published leaves removal and letters to the new holder.
func TestRemovalWithoutTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		r := newRig(t, d, shared)
		if _, err := r.RequireLease(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.Lease.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.broker.fails["closed"] = brook.ErrPermanent
		r.emit(0, "closed", "open")
		if err := r.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := newRig(t, d, shared)
		time.Sleep(time.Minute) // this one is silent
		for range 2 {
			if err := other.Lease.Await(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		want(t, "the holder", r.holder(), other.ids.Prefix)
		r.publish(false)
		want(t, "published", r.broker.took(), "open:0")
		want(t, "stored", r.stored(), "closed:0 open:0")
		want(t, "letters", len(r.letters)+r.count(r.Catalog.Live().Letters), 0)
		if !strings.Contains(r.text(), "another process publishes now") {
			t.Errorf("the log: %s", r.text())
		}
	})
}
