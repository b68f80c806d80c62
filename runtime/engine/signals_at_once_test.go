package engine_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// hasty is a driver whose calls that are to wait return at once, if they are to.
type hasty struct {
	*memdriver.Driver
	grows, reads bool
	asked, read  atomic.Int64
}

func (d *hasty) Grown(ctx context.Context, known []brook.Partition) error {
	if !d.grows {
		return d.Driver.Grown(ctx, known)
	}
	d.asked.Add(1)
	return ctx.Err()
}

func (d *hasty) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, from)
	if err == nil && d.reads {
		r = &hastyReader{r, d, from.Offset}
	}
	return r, err
}

// hastyReader answers at once that there is nothing new when there is not.
type hastyReader struct {
	brook.PartitionReader
	driver *hasty
	next   int64
}

func (r *hastyReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	r.driver.read.Add(1)
	held, err := r.driver.Partitions(ctx, "ledger")
	if err != nil {
		return brook.Chunk{}, err
	}
	if r.next >= held[0].End {
		return brook.Chunk{Next: r.next, End: held[0].End}, ctx.Err()
	}
	c, err := r.PartitionReader.Read(ctx, max)
	if err == nil {
		r.next = c.Next
	}
	return c, err
}

// hastyStore is a store whose announcements end at once.
type hastyStore struct {
	*shared
	heard atomic.Int64
}

func (s *hastyStore) Announcements(
	context.Context, []brook.Table,
) iter.Seq2[brook.Announcement, error] {
	return func(func(brook.Announcement, error) bool) { s.heard.Add(1) }
}

// A driver or store whose call returns at once that is to wait is asked again after a while, and the
// app folds all the same.
func TestSignalsThatComeAtOnce(t *testing.T) {
	for name, grows := range map[string]bool{"new partitions": true, "nothing to read": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &hasty{Driver: memdriver.New(), grows: grows, reads: !grows}
				s := &hastyStore{shared: newShared()}
				c := config(d, s)
				c.Retry = brook.Retry{Attempts: 1, Min: time.Second, Max: time.Second}
				h := serve(t, c, &ledger.Audit{})
				began := time.Now()
				moves(t, h, "a", true, 5)
				time.Sleep(time.Minute)
				if s := h.Status(); s.State != brook.StateLive || s.Partitions[0].Next != 6 {
					t.Errorf("%s at %d", s.State, s.Partitions[0].Next)
				}
				most := int64(time.Since(began)/time.Second) * 3
				if n := d.asked.Load(); grows != (n > 0) || n > most {
					t.Errorf("asked for new partitions %d times in a minute", n)
				}
				if n := d.read.Load(); grows != (n == 0) || n > 70*most {
					t.Errorf("read %d times in a minute", n)
				}
				if n := s.heard.Load(); n == 0 || n > most {
					t.Errorf("listened %d times in a minute", n)
				}
			})
		})
	}
}
