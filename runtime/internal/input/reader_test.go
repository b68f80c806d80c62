package input_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// disk is a driver of one partition, which has one record in each chunk.
type disk struct {
	brook.Driver
	start, end int64
	broken     map[int64]error // what reading an offset fails with
	heals      map[int64]int   // how many times it fails; 0: always
	opened     []int64
	closed     int
	refuses    error // what Open fails with
}

func (d *disk) Open(_ context.Context, from brook.Position) (brook.PartitionReader, error) {
	d.opened = append(d.opened, from.Offset)
	switch {
	case d.refuses != nil:
		return nil, d.refuses
	case from.Offset < d.start || from.Offset > d.end:
		return nil, brook.ErrOutOfRange
	}
	return &head{d, from.Offset}, nil
}

// head is a reader of a disk.
type head struct {
	*disk
	next int64
}

func (h *head) Read(ctx context.Context, _ int) (brook.Chunk, error) {
	switch {
	case h.broken[h.next] != nil:
		err := h.broken[h.next]
		if n := h.heals[h.next]; n == 1 {
			delete(h.broken, h.next)
		} else if n > 0 {
			h.heals[h.next]--
		}
		return brook.Chunk{}, err
	case h.next < h.start:
		return brook.Chunk{}, brook.ErrOutOfRange
	case h.next >= h.end:
		<-ctx.Done()
		return brook.Chunk{}, ctx.Err()
	}
	r := brook.Record{Topic: "in", Offset: h.next, Value: []byte{byte(h.next)}}
	h.next++
	return brook.Chunk{Records: []brook.Record{r}, Next: h.next, End: h.end}, nil
}

func (h *head) Close() error { h.closed++; return nil }

// reading is a reader of a disk with a task that takes what it reads.
type reading struct {
	*input.Reader
	queue    *input.Queue
	failures []brook.Failure
	log      strings.Builder
}

func newReading(d *disk) *reading {
	r := &reading{queue: input.NewQueue(brook.Partition{Topic: "in", Start: d.start, End: d.end})}
	hooks := brook.Hooks{Failure: func(f brook.Failure) { r.failures = append(r.failures, f) }}
	r.Reader = &input.Reader{
		Driver: d, Policy: brook.Retry{Min: time.Second, Max: time.Minute},
		Report: report.New("shop", slog.New(slog.NewTextHandler(&r.log, nil)), hooks),
	}
	return r
}

// take reads until the reader has nothing more or ends, and returns the offsets and what ended it.
func (r *reading) take(t *testing.T,
	limit time.Duration) (offsets []int64, gaps []input.Gap, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	out := make(chan input.Fetch)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Read(ctx, r.queue, r.queue.Bookmark(), out)
	}()
	for {
		select {
		case f := <-out:
			if f.Err != nil {
				<-done
				return offsets, gaps, f.Err
			}
			if f.Gap != nil {
				gaps = append(gaps, *f.Gap)
			}
			for _, rec := range f.Records {
				offsets = append(offsets, rec.Offset)
			}
			r.queue.Append(f.Chunk, nil)
			for r.queue.Head() != nil {
				r.queue.Advance()
			}
			r.queue.Stage()
			r.queue.Committed()
		case <-done:
			return offsets, gaps, nil
		}
	}
}

// What could not be read works again once a reader waits for what comes, though nothing does.
func TestReadWorksAgainWithoutRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{broken: map[int64]error{0: io.ErrUnexpectedEOF}, heals: map[int64]int{0: 2}}
		r := newReading(d)
		r.queue.Gauge = gauge.NewPartition(0, 0)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.Read(ctx, r.queue, r.queue.Bookmark(), make(chan input.Fetch))
		}()
		is := func(fails bool) {
			t.Helper()
			synctest.Wait()
			kind, recent := r.queue.Gauge.Reading(time.Now()).Kind, r.Report.Recent()
			if len(recent) != 1 || recent[0].Recovered == fails || (kind == gauge.Log) != fails {
				t.Errorf("trouble %d, failures %+v; want that it fails: %t", kind, recent, fails)
			}
		}
		is(true)
		time.Sleep(3 * time.Second) // it has failed twice
		is(true)
		time.Sleep(10 * time.Second)
		is(false)
		cancel()
		<-ended
		is(false)
	})
}

func TestReadGoesOnAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{end: 5, broken: map[int64]error{3: io.ErrUnexpectedEOF},
			heals: map[int64]int{3: 4}}
		r := newReading(d)
		offsets, _, err := r.take(t, time.Hour)
		if want := []int64{0, 1, 2, 3, 4}; err != nil || !slices.Equal(offsets, want) {
			t.Fatalf("read %v, %v; want %v", offsets, err, want)
		}
		if want := []int64{0, 2, 2, 2, 2}; !slices.Equal(d.opened, want) || d.closed != len(want) {
			t.Errorf("opened at %v, closed %d times; want %v: each time one record before the next",
				d.opened, d.closed, want)
		}
		var attempts []int
		for _, f := range r.failures {
			attempts = append(attempts, f.Attempts)
			if f.What != "read" || f.Position.Offset != 3 || f.Final {
				t.Errorf("reported %+v", f)
			}
		}
		if want := []int{1, 2, 3, 4}; !slices.Equal(attempts, want) {
			t.Errorf("attempts %v, want %v: to read again what was read before is no success",
				attempts, want)
		}
		if n := strings.Count(r.log.String(), "read works again"); n != 1 {
			t.Errorf("it works again %d times, want once: %s", n, r.log.String())
		}
	})
}

// A partition that has nothing new works again as soon as the driver says so.
func TestAnIdlePartitionRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{end: 1, broken: map[int64]error{1: io.ErrUnexpectedEOF},
			heals: map[int64]int{1: 1}}
		r := newReading(d)
		if offsets, _, err := r.take(t, time.Hour); err != nil || len(offsets) != 1 {
			t.Fatalf("read %v, %v", offsets, err)
		}
		if len(r.failures) != 1 || !strings.Contains(r.log.String(), "read works again") {
			t.Errorf("%d failures; the log: %s", len(r.failures), r.log.String())
		}
	})
}

func TestReadEndsWithLastingErrors(t *testing.T) {
	for name, why := range map[string]error{
		"permanent": brook.ErrPermanent, "another log": brook.ErrLogChanged,
		"retention": brook.ErrRetention,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReading(&disk{end: 5, broken: map[int64]error{2: why}})
				offsets, _, err := r.take(t, time.Hour)
				if !errors.Is(err, why) || !strings.Contains(err.Error(), "read in/0/2") ||
					len(offsets) != 2 || len(r.failures) != 0 {
					t.Errorf("read %v, ended with %v, reported %v", offsets, err, r.failures)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := newReading(&disk{end: 5, refuses: brook.ErrPermanent})
		if _, _, err := r.take(t, time.Hour); !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("a driver that does not open ended it with %v", err)
		}
	})
}

// What the log lost is passed over if Overtaken says so, and the task hears of it.
func TestReadOverAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{end: 10}
		r := newReading(d)
		d.start = 4 // retention was faster
		r.Overtaken = func(_ context.Context, id partition.ID,
			next int64) (brook.Chunk, *input.Gap, error) {
			if id.Topic != "in" || next != 0 {
				t.Errorf("overtaken at %s/%d", id, next)
			}
			return brook.Chunk{Next: 4, End: 10}, &input.Gap{From: 0, To: 4}, nil
		}
		offsets, gaps, err := r.take(t, time.Hour)
		if want := []int64{4, 5, 6, 7, 8, 9}; err != nil || !slices.Equal(offsets, want) {
			t.Errorf("read %v, %v; want %v", offsets, err, want)
		}
		if want := []input.Gap{{From: 0, To: 4}}; !slices.Equal(gaps, want) {
			t.Errorf("gaps %v, want %v", gaps, want)
		}
	})
}

func TestOvertakenEndsOrIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		err      error
		failures int
	}{
		"restart":   {retry.ErrRestart, 0},
		"retention": {brook.ErrRetention, 0},
		"not now":   {errors.New("the log has the offset again"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &disk{end: 10}
				r := newReading(d)
				d.start = 4
				asked := 0
				r.Overtaken = func(context.Context, partition.ID, int64) (c2 brook.Chunk, gap *input.Gap, err error) {
					if asked++; asked > 2 {
						return brook.Chunk{Next: 4, End: 10}, nil, nil
					}
					return c2, nil, c.err
				}
				_, _, err := r.take(t, time.Hour)
				if ends := c.failures == 0; ends != errors.Is(err, c.err) ||
					len(r.failures) != c.failures {
					t.Errorf("ended with %v, reported %v", err, r.failures)
				}
				if c.err == retry.ErrRestart && err != c.err {
					t.Errorf("ended with %v, want it as it is", err)
				}
			})
		})
	}
}

// The record before the next one is another one: the log was cut back and grew again.
func TestReadKnowsAnotherLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{end: 3, broken: map[int64]error{2: io.ErrUnexpectedEOF}}
		r := newReading(d)
		last := brook.Record{Topic: "in", Offset: 1, Value: []byte("another one")}
		stored := partition.Stored{Next: 2, Last: 1, Sum: partition.Checksum(&last)}
		if err := r.queue.Resume(stored, brook.Partition{Topic: "in", End: 3}, false,
			r.Report); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.take(t, time.Hour); !errors.Is(err, brook.ErrLogChanged) {
			t.Errorf("ended with %v, want ErrLogChanged", err)
		}
	})
}
