package jobs

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// job returns the n-th job of type t and key k that the event at an offset of partition p asked
// for.
func job(p int32, offset int64, n int, k string) *Job {
	j := &Job{
		Position: brook.Position{Topic: "in", Partition: p, Offset: offset},
		ID:       fmt.Sprintf("%d/%d/%d", p, offset, n), Type: "t", Set: "S", Ordinal: n, Key: []byte(k),
	}
	j.Place = PlaceOf(j, 0)
	return j
}

// taken takes all jobs that can be done now, and returns their IDs.
func taken(b *Board) (jobs []*Job, ids string) {
	var all []string
	for {
		j, _ := b.Take(time.Now(), nil)
		if j == nil {
			return jobs, strings.Join(all, " ")
		}
		jobs, all = append(jobs, j), append(all, j.ID)
	}
}

// wantTaken takes all jobs that can be done now, and compares their IDs.
func wantTaken(t *testing.T, b *Board, want string) []*Job {
	t.Helper()
	jobs, got := taken(b)
	if got != want {
		t.Errorf("took %q, want %q", got, want)
	}
	return jobs
}

// Jobs of one partition, type and key are done one after the other, in the order of their events,
// whatever the order in which they came; others do not wait for them.
func TestLines(t *testing.T) {
	b := New()
	b.Committed([]*Job{job(0, 2, 0, "a"), job(0, 1, 1, "a"), job(0, 1, 0, "a"), job(1, 9, 0, "a"), job(0, 7, 0, "b")})
	first := wantTaken(t, b, "0/1/0 1/9/0 0/7/0")
	b.Committed([]*Job{job(0, 0, 0, "a")}) // of a letter that was redriven: it is next
	b.Done(first...)
	next := wantTaken(t, b, "0/0/0")
	b.Done(next...)
	next = wantTaken(t, b, "0/1/1")
	b.Return(next[0])
	next = wantTaken(t, b, "0/1/1")
	b.Done(next...)
	b.Done(wantTaken(t, b, "0/2/0")...)
	wantTaken(t, b, "")
	if n := b.Waiting(partition.ID{Topic: "in"}); n != 0 || len(b.lines) != 0 {
		t.Errorf("%d wait, in %d lines", n, len(b.lines))
	}
}

// A job that failed is due later, and those of its line wait for it.
func TestDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		b.Committed([]*Job{job(0, 1, 0, "a"), job(0, 2, 0, "a"), job(0, 3, 0, "b")})
		jobs := wantTaken(t, b, "0/1/0 0/3/0")
		jobs[0].Due, jobs[1].Due = time.Now().Add(time.Minute), time.Now().Add(time.Second)
		b.Return(jobs[0])
		b.Return(jobs[1])
		if j, wait := b.Take(time.Now(), nil); j != nil || wait != time.Second {
			t.Errorf("took %v, wait %s, want none, and a second", j, wait)
		}
		time.Sleep(time.Second)
		b.Done(wantTaken(t, b, "0/3/0")...)
		time.Sleep(time.Minute)
		wantTaken(t, b, "0/1/0")
	})
}

// Jobs are due by the clock that is set, also those that were there before; all are listed in the
// order of their places.
func TestClock(t *testing.T) {
	b := New()
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	waits := job(0, 1, 0, "a")
	waits.Due = at.Add(time.Hour)
	b.Committed([]*Job{waits, job(0, 3, 0, "b"), job(0, 2, 0, "c")})
	now := at
	b.SetClock(func() time.Time { return now })
	if j, _ := b.Take(now, nil); j == nil || j.ID != "0/3/0" {
		t.Errorf("took %v before a job that is not due", j)
	} else {
		b.Return(j)
	}
	ids := ""
	for _, j := range b.List() {
		ids += j.ID + " "
	}
	if want := "0/1/0 0/2/0 0/3/0 "; ids != want {
		t.Errorf("listed %s, want %s", ids, want)
	}
	now = now.Add(time.Hour)
	if j, _ := b.Take(now, nil); j == nil || j.ID != "0/2/0" {
		t.Errorf("took %v, want the one whose turn it is", j)
	}
}

// A dead letter holds up the jobs behind it, and none before it.
func TestHeldUp(t *testing.T) {
	b := New()
	b.Committed([]*Job{job(0, 2, 0, "a"), job(0, 3, 0, "a"), job(0, 3, 0, "b")})
	jobs := wantTaken(t, b, "0/2/0 0/3/0")
	b.Done(jobs[1])
	b.GiveUp(jobs[0])
	wantTaken(t, b, "")
	b.Committed([]*Job{job(0, 1, 0, "a")})
	b.Done(wantTaken(t, b, "0/1/0")...)
	if n := b.Waiting(partition.ID{Topic: "in"}); n != 1 {
		t.Errorf("%d wait, want the one that is held up", n)
	}
	b.Committed([]*Job{job(0, 2, 0, "a")}) // redriven
	b.Release(jobs[0])
	b.Done(wantTaken(t, b, "0/2/0")...)
	b.Done(wantTaken(t, b, "0/3/0")...)
}

// A checkpoint goes up to the first event whose jobs are not done.
func TestUnfinished(t *testing.T) {
	b := New()
	id := partition.ID{Topic: "in"}
	free := job(0, 1, 0, "c")
	free.Free = true
	b.Committed([]*Job{job(0, 7, 0, "a"), job(0, 3, 0, "b"), job(0, 7, 1, "d"), free})
	for _, c := range []struct{ next, want int64 }{{2, 2}, {3, 3}, {9, 3}} {
		if got := b.Unfinished(id, c.next); got != c.want {
			t.Errorf("up to %d: %d, want %d", c.next, got, c.want)
		}
	}
	jobs := wantTaken(t, b, "0/7/0 0/3/0 0/7/1 0/1/0")
	b.Done(jobs[1])
	if got := b.Unfinished(id, 9); got != 7 {
		t.Errorf("then %d, want 7", got)
	}
	b.Done(jobs[0])
	if got := b.Unfinished(id, 9); got != 7 {
		t.Errorf("with one of two jobs done %d, want 7", got)
	}
	b.GiveUp(jobs[2])
	if got := b.Unfinished(id, 9); got != 9 {
		t.Errorf("in the end %d, want 9", got)
	}
}

// A member of a group does the jobs of its partitions; what others did it lets go of.
func TestOwnership(t *testing.T) {
	b := New()
	b.Join(true)
	free := job(1, 5, 0, "z")
	free.Free = true
	b.Committed([]*Job{job(0, 1, 0, "a"), job(0, 2, 0, "a"), job(1, 1, 0, "a"), free})
	wantTaken(t, b, "1/5/0")
	if !b.HasDeferred() {
		t.Error("nothing is deferred")
	}
	zero, one := partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}
	b.Assign(map[partition.ID]int64{zero: 2}) // the job of the event at 1 is done
	cancelled := false
	j, _ := b.Take(time.Now(), func() { cancelled = true })
	if j == nil || j.ID != "0/2/0" {
		t.Fatalf("took %v", j)
	}
	b.Assign(map[partition.ID]int64{one: 0})
	if !cancelled {
		t.Error("a job goes on whose partition moved")
	}
	b.Return(j)
	wantTaken(t, b, "1/1/0")
	b.Acknowledge(map[partition.ID]int64{zero: 3})
	passed := b.Passed()
	if len(passed) != 2 || passed[0].ID != "0/1/0" || passed[1].ID != "0/2/0" {
		t.Errorf("passed %v", passed)
	}
	b.Dissolve()
	wantTaken(t, b, "")
}

// Over a shared store, the holder of the lease does all jobs.
func TestLease(t *testing.T) {
	b := New()
	b.Shared = true
	b.RequireLease()
	b.Committed([]*Job{job(0, 1, 0, "a")})
	b.Same(b.Begin())
	wantTaken(t, b, "")
	if !b.Idle() {
		t.Error("who has the jobs of the lease's holder does not look for those that are done")
	}
	b.Hold(true)
	if !b.Lagging() {
		t.Error("a new holder does not look for the jobs of others")
	}
	wantTaken(t, b, "")
	look(b, true, job(0, 1, 0, "a"))
	wantTaken(t, b, "0/1/0")
}

// look has a board look at a store that holds jobs.
func look(b *Board, quiet bool, jobs ...*Job) {
	l := b.Begin()
	b.current()
	b.Saw(l, Found{Jobs: jobs}, quiet)
}

// Over a shared store a job waits for a look at what others committed before it, and one that was
// found while they committed for another look.
func TestOthersGoFirst(t *testing.T) {
	b := New()
	b.Shared = true
	b.Committed([]*Job{job(0, 2, 0, "a")})
	wantTaken(t, b, "")
	if !b.Unsure() {
		t.Error("the board is sure of a job before a look")
	}
	l := b.Begin()
	b.Committed([]*Job{job(0, 5, 0, "b")}) // the look may have been too early for what is before it
	b.Saw(l, Found{Jobs: []*Job{job(0, 1, 0, "a"), job(0, 2, 0, "a"), job(0, 4, 0, "c")}}, false)
	wantTaken(t, b, "")
	b.Same(b.Begin())
	b.Done(wantTaken(t, b, "0/1/0 0/5/0 0/4/0")...)
	b.Done(wantTaken(t, b, "0/2/0")...)
	b.Lags()
	b.Committed([]*Job{job(0, 6, 0, "a")})
	b.Same(b.Begin())
	wantTaken(t, b, "") // there may be a dead letter
	look(b, true, job(0, 6, 0, "a"))
	b.Done(wantTaken(t, b, "0/6/0")...)
	if b.Unsure() {
		t.Error("the board is not sure, and there is nothing to look for")
	}
}

// A look finds how often another process tried a job, but not in what it read before this process
// tried it.
func TestTriedByOthers(t *testing.T) {
	b := New()
	b.Shared = true
	stored := func(attempts int) *Job {
		j := job(0, 1, 0, "a")
		j.Attempts = attempts
		j.Write(nil)
		return j
	}
	b.Committed([]*Job{stored(0)})
	look(b, true, stored(2))
	j := wantTaken(t, b, "0/1/0")[0]
	if j.Attempts != 2 {
		t.Errorf("it was tried %d times, want 2", j.Attempts)
	}
	l := b.Begin()
	j.Attempts = 3
	j.Write(nil)
	b.Return(j)
	b.Saw(l, Found{Jobs: []*Job{stored(2)}}, true)
	if j := wantTaken(t, b, "0/1/0")[0]; j.Attempts != 3 {
		t.Errorf("then %d times, want 3", j.Attempts)
	}
}

// Notes say of which partitions others left jobs. What a process wrote itself is no news to it, nor
// what is for partitions of others.
func TestNotes(t *testing.T) {
	mine, other := New(), New()
	notes := func(b *Board, positions []brook.Write, jobs ...*Job) Notes {
		n := Notes{}
		for _, w := range b.AppendNotes(nil, nil, jobs, positions) {
			n.Add(brook.Row{Key: w.Key, Value: brook.Value{Data: w.Value}})
		}
		return n
	}
	at := func(number int32) brook.Write {
		return brook.Write{Key: partition.ID{Topic: "in", Number: number}.AppendKey(nil)}
	}
	free := job(0, 1, 0, "a")
	free.Free = true
	positions := []brook.Write{at(0), at(1)}
	jobs := []*Job{job(0, 1, 0, "a"), job(1, 1, 0, "a"), job(0, 2, 0, "a"), job(0, 2, 1, "a")}
	if n := notes(mine, positions, jobs...); len(n) != 2 || mine.News(nil, n) || !other.News(nil, n) {
		t.Errorf("of two partitions: %v", n)
	}
	for what, n := range map[string]Notes{
		"not in the order of the partition": notes(mine, positions[1:], jobs[0]),
		"redriven":                          notes(mine, positions, free),
	} {
		if len(n) != 1 || n["jobs"] == "" || !mine.News(nil, n) || mine.News(n, n) {
			t.Errorf("%s: %v", what, n)
		}
	}
	if n := notes(mine, positions); len(n) != 0 {
		t.Errorf("of no jobs: %v", n)
	}
	n := notes(other, positions, jobs[0])
	mine.Join(true)
	mine.Assign(map[partition.ID]int64{{Topic: "in", Number: 1}: 0})
	if mine.News(nil, n) {
		t.Error("jobs of another member's partition are news")
	}
	mine.Assign(map[partition.ID]int64{{Topic: "in"}: 0})
	if !mine.News(nil, n) {
		t.Error("what the owner before left is no news")
	}
	mine.Dissolve()
	mine.RequireLease()
	if mine.News(nil, n) {
		t.Error("who does not hold the lease looks for each job of others")
	}
	mine.Hold(true)
	if !mine.News(nil, n) {
		t.Error("the holder of the lease does not look for the jobs of others")
	}
}

// A look finds what other processes committed and did, and leaves alone what happened meanwhile.
func TestLook(t *testing.T) {
	b := New()
	b.Shared, b.Today = true, func(s string) string { return s }
	b.Committed([]*Job{job(0, 1, 0, "a"), job(0, 2, 0, "b"), job(0, 3, 0, "c"), job(0, 4, 0, "d")})
	b.Same(b.Begin())
	j, _ := b.Take(time.Now(), nil)
	look := b.Begin()
	meanwhile := job(0, 9, 0, "i")
	b.Committed([]*Job{meanwhile})
	second, _ := b.Take(time.Now(), nil)
	b.Done(second)
	letter := LetterOf(job(0, 3, 1, "c"), fmt.Errorf("oh"), nil)
	// 1/0 is being done and gone; 2/0 was done meanwhile; 4/0 was done by another process.
	b.Saw(look, Found{
		Jobs:    []*Job{job(0, 2, 0, "b"), job(0, 3, 0, "c"), job(0, 3, 2, "c"), job(0, 8, 0, "h")},
		Letters: []*deadletter.Letter{&letter},
	}, true)
	wantTaken(t, b, "0/3/0 0/8/0")
	b.Same(b.Begin())
	wantTaken(t, b, "0/9/0")
	b.Done(j)
	if n := b.Waiting(partition.ID{Topic: "in"}); n != 4 {
		t.Errorf("%d are left, want three that are done and one that is held up", n)
	}
}

// A job is stored with all that it has, and so is a letter of one.
func TestStored(t *testing.T) {
	j := job(3, 4, 5, "k")
	j.Cause, j.Time, j.Data = "e1", time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), []byte(`{"a":"<"}`)
	j.Headers = []brook.Header{{Key: "traceparent", Value: []byte("00-1")}}
	j.Version = 3
	j.Attempts, j.Author, j.By = 2, "shop", brook.Position{Topic: "in", Offset: 9}
	w := j.Write(nil)
	back, err := Decode(brook.Row{Key: w.Key, Value: brook.Value{Data: w.Value}})
	if err != nil || fmt.Sprintf("%+v", back) != fmt.Sprintf("%+v", j) {
		t.Errorf("%+v, %v, want %+v", back, err, j)
	}
	letter := LetterOf(j, fmt.Errorf("oh"), nil)
	lw := letter.Write(nil)
	stored, err := deadletter.Decode(brook.Value{Data: lw.Value})
	if err != nil {
		t.Fatal(err)
	}
	back, err = OfLetter(&stored)
	if err != nil || back.ID != j.ID || string(back.Data) != string(j.Data) || !back.Free ||
		back.Attempts != 0 || !back.Time.Equal(j.Time) || string(back.Place) != string(j.Place) ||
		back.Version != 3 || len(back.Headers) != 1 || back.Cause != "e1" || string(back.Key) != "k" {
		t.Errorf("of the letter: %+v, %v", back, err)
	}
	if _, err := OfLetter(&deadletter.Letter{}); err == nil {
		t.Error("a letter without a job is one")
	}
}

// In a group over a shared store, the owner of one partition does the jobs that are of none which
// members have.
func TestHome(t *testing.T) {
	b := New()
	b.Shared = true
	b.Home = func(id partition.ID) partition.ID {
		if id.Topic == "gone" || id == (partition.ID{}) {
			return partition.ID{Topic: "in"}
		}
		return id
	}
	gone, none, free := job(3, 1, 0, "a"), job(0, 0, 0, "b"), job(1, 1, 0, "c")
	gone.Position.Topic, none.Position, free.Free = "gone", brook.Position{}, true
	for _, j := range []*Job{gone, none} {
		j.Place = PlaceOf(j, 0)
	}
	b.Join(false)
	b.Assign(map[partition.ID]int64{{Topic: "in", Number: 1}: 0})
	b.Committed([]*Job{gone, none, free})
	look(b, true, gone, none, free)
	b.Done(wantTaken(t, b, "1/1/0")...)
	b.Assign(map[partition.ID]int64{{Topic: "in"}: 0})
	look(b, true, gone, none)
	if _, got := taken(b); got != "3/1/0 0/0/0" && got != "0/0/0 3/1/0" { // two lines: in any order
		t.Errorf("took %q, want both jobs of the new home", got)
	}
}
