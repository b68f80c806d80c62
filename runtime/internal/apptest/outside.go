package apptest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/fault"
)

// Outside is the service that all instances of an app of errands have do their jobs. It takes its
// time, and fails as chance has it. It is safe for concurrent use.
type Outside struct {
	takes time.Duration // at most

	mu    sync.Mutex
	rnd   *rand.Rand
	lines map[string][]string // the IDs of jobs in the order in which they began, by their line
	done  map[string]int      // how often a job was done, by its ID
	tries int
}

// NewOutside returns a service that takes up to a time for each job.
func NewOutside(seed uint64, takes time.Duration) *Outside {
	return &Outside{
		takes: takes, rnd: rand.New(rand.NewPCG(seed, 3)), lines: map[string][]string{},
		done: map[string]int{},
	}
}

// App opens an app of errands whose jobs the service does, until the process is killed.
func (o *Outside) App(c brook.Config, kill *fault.Fault) (*errands.App, error) {
	c.Jobs = brook.Jobs{
		Attempts: 1000, Min: time.Millisecond, Max: 50 * time.Millisecond, Workers: 4,
	}
	mail := func(ctx context.Context, j brook.Job[errands.SendMail]) error {
		return o.do(ctx, kill, "mail/"+string(j.Key), j.ID, j.Position)
	}
	collect := func(j brook.Job[errands.Collect]) error {
		return o.do(context.Background(), kill, "parcel/"+string(j.Key), j.ID, j.Position)
	}
	return errands.NewApp(c, &errands.Mailer{Mail: mail}, errands.Desk{Collected: collect})
}

// do does a job for a process. Of one that is killed it hears nothing more.
func (o *Outside) do(
	ctx context.Context, kill *fault.Fault, line, id string, at brook.Position,
) error {
	line = fmt.Sprintf("%d/%s", at.Partition, line)
	o.mu.Lock()
	if kill.Crashed() {
		o.mu.Unlock()
		return fault.ErrCrashed
	}
	if n := len(o.lines[line]); n == 0 || o.lines[line][n-1] != id {
		o.lines[line] = append(o.lines[line], id)
	}
	o.tries++
	takes, luck := time.Duration(o.rnd.Int64N(int64(o.takes))), o.rnd.IntN(8)
	o.mu.Unlock()
	timer := time.NewTimer(takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		if luck < 4 { // it heeds its context
			return ctx.Err()
		}
	}
	switch luck {
	case 0:
		return errors.New("away")
	case 1:
		panic("away")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done[id]++
	return nil
}

// Check compares what was done with what orders asked for, each with so many mails and a parcel: all
// is done, and of each partition, type and key in the order of the log. A job may begin again, with
// its ID, before the next one of its line does; or later than that, if again is set.
func (o *Outside) Check(t *testing.T, orders map[string]int, again bool) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	want := len(orders)
	for _, mails := range orders {
		want += mails
	}
	if len(o.done) != want {
		t.Errorf("%d jobs are done, want %d", len(o.done), want)
	}
	for line, ids := range o.lines {
		first := map[string]int{}
		for n, id := range ids {
			if _, before := first[id]; !before {
				first[id] = n
			} else if !again {
				t.Errorf("%s: %s begins again after others", line, id)
			}
		}
		inOrder := slices.SortedFunc(maps.Keys(first), func(a, b string) int { return first[a] - first[b] })
		if inLog := slices.SortedFunc(maps.Keys(first), byOffset); !slices.Equal(inOrder, inLog) {
			t.Errorf("%s: began in the order\n%q, want\n%q", line, inOrder, inLog)
		}
	}
	t.Logf("%d jobs, %d tries", want, o.tries)
}

// byOffset compares the IDs of jobs of one partition and type: job/…/offset/set/ordinal.
func byOffset(a, b string) int {
	of := func(id string) (at [2]int) {
		parts := strings.Split(id, "/")
		for i, part := range []string{parts[len(parts)-3], parts[len(parts)-1]} {
			if _, err := fmt.Sscan(part, &at[i]); err != nil {
				panic(id)
			}
		}
		return at
	}
	x, y := of(a), of(b)
	return slices.Compare(x[:], y[:])
}

// Sent compares which mails the views know of, by the events that workers published, with those that
// orders asked for. Each counts once, or at least once if again is set.
func Sent(t *testing.T, app *errands.App, orders map[string]int, again bool) {
	t.Helper()
	for order, mails := range orders {
		o, err := app.Views.Orders.Get(order)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]int, mails)
		for n := range want {
			want[n] = n
		}
		sent := slices.Sorted(slices.Values(o.Sent))
		if again {
			sent = slices.Compact(sent)
		}
		if !slices.Equal(sent, want) {
			t.Errorf("order %s: %v were sent, want %v", order, o.Sent, want)
		}
	}
}

// tried returns how many tries of jobs there were.
func (o *Outside) tried() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tries
}
