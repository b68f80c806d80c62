package gauge

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// want compares what a gauge says now.
func want(t *testing.T, p *Partition, behind bool, age time.Duration, since time.Duration) {
	t.Helper()
	now := time.Now()
	r := p.Reading(now)
	if r.Behind != behind || r.Age != age || now.Sub(r.Since) != since {
		t.Errorf("behind %t by %s since %s ago, want %t by %s since %s ago",
			r.Behind, r.Age, now.Sub(r.Since), behind, age, since)
	}
}

// read has a reader read to the end, the task take that, and the reader ask for more.
func read(p *Partition, end int64, first time.Time) {
	p.Answers(end, end, first)
	p.Took(first)
	p.Asks()
}

// A partition is behind from its start until it comes to what the log held then, and again if what
// it holds is older than Grace.
func TestBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(0, 100)
		want(t, p, true, 0, 0)
		time.Sleep(time.Minute)
		read(p, 100, time.Now().Add(-time.Hour))
		want(t, p, true, time.Hour, time.Minute)
		read(p, 150, time.Now().Add(-time.Hour)) // it grows meanwhile
		p.Committed(99, time.Now().Add(-time.Second), time.Time{})
		want(t, p, true, time.Second, time.Minute)
		p.Committed(100, time.Now().Add(-time.Second), time.Time{})
		want(t, p, true, time.Second, time.Minute-Grace) // it shows what was there a minute ago
		p.Committed(150, time.Time{}, time.Now())
		want(t, p, false, 0, 0)
		time.Sleep(time.Hour)
		want(t, p, false, 0, time.Hour)
		read(p, 151, time.Now().Add(-time.Millisecond)) // the next one comes
		time.Sleep(Grace)
		want(t, p, false, Grace+time.Millisecond, time.Hour+Grace)
		time.Sleep(time.Second)
		want(t, p, true, Grace+time.Second+time.Millisecond, time.Second)
		p.Committed(151, time.Time{}, time.Now())
		want(t, p, false, 0, 0)
	})
}

// With a steady stream there is always something that is not folded: what comes to where the end
// was a moment ago is not behind.
func TestSteadyStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(0, 0)
		for n := int64(1); n < 100; n++ {
			time.Sleep(Grace / 2)
			read(p, 10*n, time.Now())
			p.Committed(10*n-10, time.Now(), time.Now())
			if p.Reading(time.Now()).Behind {
				t.Fatalf("behind at the end of %d", n)
			}
		}
		for n := int64(100); n < 105; n++ { // it is folded no longer
			time.Sleep(Grace / 2)
			read(p, 10*n, time.Now().Add(-Grace))
		}
		if !p.Reading(time.Now()).Behind {
			t.Error("it is not behind")
		}
	})
}

// A reader that is held up, as the task takes no more, does not hear of the log: what comes to the
// end that it heard of last shows what the log held then.
func TestReaderIsHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(0, 0)
		p.Asks()
		time.Sleep(time.Hour)
		head := time.Now()
		p.Answers(10, 10, head)
		p.Took(head)
		p.Asks()
		p.Answers(15, 15, head) // and is held up with it
		time.Sleep(2 * Grace)
		p.Committed(10, time.Time{}, head)
		want(t, p, true, 2*Grace, Grace) // what was read waits in between
		if r := p.Reading(time.Now().Add(Grace)); !r.Undelivered.IsZero() {
			t.Errorf("undelivered since %s, though it was read", r.Undelivered)
		}
		p.Took(head)
		p.Committed(15, time.Time{}, head)
		want(t, p, false, 0, 0) // as far as is known
		p.Asks()
		p.Answers(60, 60, head)
		want(t, p, true, 2*Grace, Grace)
		p.Committed(60, time.Time{}, head)
		p.Asks()
		time.Sleep(time.Hour)
		p.Learn(61) // the driver was asked, before the reader had it
		want(t, p, false, 0, time.Hour)
	})
}

// Reader and task each say what they can't go on for, since when, and what it failed with last. The
// task's trouble comes first.
func TestTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(0, 0)
		trouble := func(kind Kind, since time.Duration, why string) {
			t.Helper()
			now := time.Now()
			r := p.Reading(now)
			if r.Kind != kind || r.Why != why || kind != None && now.Sub(r.Stuck) != since {
				t.Errorf("%d %q since %s, want %d %q since %s",
					r.Kind, r.Why, now.Sub(r.Stuck), kind, why, since)
			}
		}
		trouble(None, 0, "")
		p.ReadFails(errors.New("down"))
		time.Sleep(time.Second)
		p.ReadFails(errors.New("down still"))
		trouble(Log, time.Second, "down still")
		p.FoldFails(errors.New("broken"), Store)
		trouble(Store, 0, "broken")
		time.Sleep(time.Second)
		p.FoldFails(errors.New("later"), Handler)
		trouble(Handler, 0, "later")
		p.FoldFails(nil, None)
		trouble(Log, 2*time.Second, "down still")
		p.ReadFails(nil)
		trouble(None, 0, "")
		want(t, p, false, 0, 0) // since it is read again
		time.Sleep(time.Second)
		p.FoldFails(errors.New("later"), Handler)
		p.FoldFails(nil, None)
		want(t, p, false, 0, time.Second)
	})
}

// Who reads again what failed, and waits, found nothing that fails: the partition may have nothing
// for long.
func TestReadLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(0, 0)
		p.Asks()
		time.Sleep(time.Minute)
		reading := func(kind Kind, since time.Duration) {
			t.Helper()
			now := time.Now()
			if r := p.Reading(now); r.Kind != kind || now.Sub(r.Since) != since {
				t.Errorf("%d, since %s; want %d, since %s", r.Kind, now.Sub(r.Since), kind, since)
			}
		}
		p.ReadFails(errors.New("down"))
		reading(Log, time.Minute)
		time.Sleep(time.Hour)
		reading(Log, time.Hour+time.Minute)
		p.Asks()
		time.Sleep(Grace - 1)
		reading(Log, time.Hour+time.Minute+Grace-1)
		time.Sleep(time.Nanosecond)
		reading(None, 0)
		time.Sleep(time.Second)
		reading(None, time.Second)
		p.ReadFails(nil) // a record comes
		reading(None, time.Second)
		p.ReadFails(errors.New("down"))
		reading(Log, time.Second)
		p.FoldFails(errors.New("broken"), Store)
		reading(Store, time.Second)
	})
}

// A log that holds records and delivers none is noticed.
func TestUndelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(5, 9)
		time.Sleep(Grace + time.Second)
		if r := p.Reading(time.Now()); time.Since(r.Undelivered) != Grace+time.Second {
			t.Errorf("undelivered since %s", r.Undelivered)
		}
		read(p, 9, time.Now())
		if r := p.Reading(time.Now()); !r.Undelivered.IsZero() {
			t.Errorf("undelivered since %s, though a record is there", r.Undelivered)
		}
	})
}

// What the log keeps back counts once that has lasted, until the reader gets more.
func TestHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPartition(5, 5)
		p.Asks()
		since := time.Now()
		lag := func(records int64, undelivered bool) {
			t.Helper()
			r := p.Reading(time.Now())
			if r.End-r.Next != records || r.Undelivered.IsZero() == undelivered {
				t.Errorf("%d behind, undelivered since %s", r.End-r.Next, r.Undelivered)
			}
		}
		p.Holds(3, since)
		time.Sleep(Grace)
		lag(0, false)
		want(t, p, false, 0, Grace)
		time.Sleep(time.Second)
		lag(3, true)
		want(t, p, true, Grace+time.Second, time.Second)
		p.Answers(9, 9, since)
		lag(4, false)
		p.Committed(9, time.Time{}, since)
		lag(0, false)
		p.Holds(3, since)
		lag(3, true)
		p.Holds(0, time.Time{})
		lag(0, false)
	})
}

// A gauge outlasts the tasks of its partition, and is forgotten with the partition.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all Partitions
		first := all.Resume(at, 0, 0)
		time.Sleep(time.Minute)
		first.ReadFails(errors.New("down"))
		if again := all.Resume(at, 3, 5); again != first {
			t.Fatal("it is another one")
		}
		want(t, first, false, 0, 0) // since it is read again
		if r := first.Reading(time.Now()); r.Next != 3 || r.End != 5 || r.Kind != None {
			t.Errorf("%+v", r)
		}
		all.Keep(nil)
		if again := all.Resume(at, 3, 5); again == first {
			t.Error("it was kept")
		}
	})
	var none *Partition // of a queue that nobody shows
	none.Asks()
	none.Answers(1, 1, time.Time{})
	none.Took(time.Time{})
	none.Learn(1)
	none.Holds(1, time.Now())
	none.Committed(1, time.Time{}, time.Time{})
	none.ReadFails(nil)
	none.FoldFails(nil, None)
}

// What a gauge costs it costs once a commit and once a fetch: two readings of the clock, and no
// memory.
func TestGaugesAllocateNothing(t *testing.T) {
	p, at := NewPartition(0, 0), time.Now()
	next := int64(0)
	allocs := testing.AllocsPerRun(1000, func() {
		next++
		p.Asks()
		p.Answers(next, next, at)
		p.Took(at)
		p.Committed(next, time.Time{}, at)
		_ = p.Reading(at)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// BenchmarkCommitted is what a commit costs more for each partition that it moves on.
func BenchmarkCommitted(b *testing.B) {
	p, at := NewPartition(0, 0), time.Now()
	b.ReportAllocs()
	next := int64(0)
	for b.Loop() {
		next++
		p.Committed(next, at, at)
	}
}
