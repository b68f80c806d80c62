package engine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// hiding is a driver whose readers of one topic wait until it is shown.
type hiding struct {
	*conducted
	topic string
	shown chan struct{}
}

func (d hiding) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.conducted.Open(ctx, from)
	if from.Topic != d.topic {
		return r, err
	}
	return hiddenReader{r, d.shown}, err
}

type hiddenReader struct {
	brook.PartitionReader
	shown chan struct{}
}

func (r hiddenReader) Read(ctx context.Context, most int) (brook.Chunk, error) {
	select {
	case <-r.shown:
		return r.PartitionReader.Read(ctx, most)
	case <-ctx.Done():
		return brook.Chunk{}, ctx.Err()
	}
}

// parcelsMember is an app of parcels with views of its own that is a member of a group.
type parcelsMember struct {
	*parcels.App
	driver hiding
	place  brook.Member
	show   func()
	stop   func()
}

// enlistParcels runs a member over a store, from which a topic is hidden until it is shown.
func enlistParcels(t *testing.T, d *memdriver.Driver, s brook.Store, hidden string) *parcelsMember {
	t.Helper()
	m := &parcelsMember{driver: hiding{conduct(d), hidden, make(chan struct{})}}
	m.show = sync.OnceFunc(func() { close(m.driver.shown) })
	m.App = newParcels(t, config(m.driver, s), &parcels.Shop{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(m.stop)
	m.place = <-m.driver.members
	m.place.Assign(nil)
	return m
}

// own gives a member all partitions, from the marks that the group has.
func (m *parcelsMember) own(t *testing.T, d *memdriver.Driver) {
	t.Helper()
	var from []brook.Position
	for _, topic := range []string{"orders", "parcels", "payments"} {
		from = append(from, brook.Position{Topic: topic, Offset: actedUpTo(t, d, topic)})
	}
	m.place.Assign(from)
}

// Members of a group that have views of their own come to an order and its payment in different
// orders. Whoever acts next does what the one before did not, and nothing twice.
func TestEarlyInAnotherOrderThanTheOwner(t *testing.T) {
	for name, test := range map[string]struct {
		hidden string // from the first owner
		events []brook.Outgoing
	}{
		"the owner had the order alone":   {"payments", []brook.Outgoing{paid("o", 1), placed("o")}},
		"the owner had the payment alone": {"orders", []brook.Outgoing{placed("o"), paid("o", 1)}},
	} {
		for kind, store := range map[string]func() brook.Store{
			"lasts":   func() brook.Store { return lasting{newStore()} },
			"forgets": newStore,
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := memdriver.New()
					first := enlistParcels(t, d, store(), test.hidden)
					next := enlistParcels(t, d, store(), "")
					next.show()
					first.own(t, d)
					publisher := newParcels(t, config(d, newStore()), &parcels.Shop{})
					for _, e := range test.events {
						publishParcels(t, publisher, []brook.Outgoing{e})
						synctest.Wait()
					}
					early{next.App, t}.wantPaid("o", 1)
					if n := receiptsIn(t, d); n != 0 {
						t.Fatalf("%d receipts before the owner came to the payment and the order", n)
					}
					first.place.Release(t.Context())
					first.place.Assign(nil)
					next.own(t, d)
					synctest.Wait()
					if n := receiptsIn(t, d); n != 1 {
						t.Errorf("%d receipts of the next owner, want 1", n)
					}
					first.show()
					synctest.Wait()
					early{first.App, t}.wantPaid("o", 1)
					next.place.Release(t.Context())
					next.place.Assign(nil)
					first.own(t, d)
					synctest.Wait()
					if n := receiptsIn(t, d); n != 1 {
						t.Errorf("%d receipts in the end, want 1", n)
					}
				})
			})
		}
	}
}

// dying is a store of one process, which dies before the n-th commit.
type dying struct {
	*shared
	left int
}

var errDied = errors.New("the process died")

func (s *dying) Commit(ctx context.Context, b *brook.Batch) error {
	if s.left--; s.left < 0 {
		return errDied
	}
	return s.shared.Commit(ctx, b)
}

// A process redrives what makes a parked event due that another one has, and dies at some commit.
// The other one, which has nothing else to do, runs the event.
func TestDueEventOfAProcessThatDied(t *testing.T) {
	for _, group := range []bool{false, true} {
		redriven := 0
		for commits := range 6 {
			synctest.Test(t, func(t *testing.T) {
				d, s := memdriver.New(), newShared()
				fails := true
				shop := &parcels.Shop{Fails: func(event, _ string) error {
					if event == "placed" && fails {
						return errors.New("fails")
					}
					return nil
				}}
				c := config(d, s)
				c.Group = group
				app := early{newParcels(t, c, shop), t}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- app.Run(ctx) }()
				publishParcels(t, app.App, []brook.Outgoing{paid("o", 1), placed("o")})
				synctest.Wait()
				app.want("order.paid 1", "handle 1")
				fails = false

				c.Store = &dying{s, commits}
				c.Retry.Attempts = 1
				other, err := parcels.NewApp(c, shop, parcels.Audit{})
				if err != nil {
					t.Fatal(err)
				}
				brief, over := context.WithTimeout(t.Context(), time.Second)
				_, _ = other.Redrive(brief, nil)
				over()
				_ = other.Close()
				if _, err := app.Views.Orders.Get("o"); err == nil {
					redriven++
				} else if _, err := app.Redrive(t.Context(), nil); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				app.want("", "")
				app.wantPaid("o", 1)
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if n := receiptsIn(t, d); n != 1 {
					t.Errorf("%d receipts after %d commits, want 1", n, commits)
				}
			})
		}
		if redriven == 0 {
			t.Error("no process came as far as to redrive")
		}
	}
}
