package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// crew is instances of an app that come and go.
type crew struct {
	*apptest.Outside
	t      *testing.T
	config func(n int) brook.Config // of the n-th instance
	all    []*instance
}

// instance is one of them while it runs.
type instance struct {
	*errands.App
	fault *storetest.Fault // by which it is killed
	stop  context.CancelFunc
	ended chan error
}

func (c *crew) enter(n int) {
	c.t.Helper()
	i := &instance{fault: storetest.NewFault(storetest.Fail, 0), ended: make(chan error, 1)}
	config := c.config(n)
	config.Driver = drivertest.Faulty(config.Driver, i.fault)
	config.Store = storetest.Faulty(config.Store, i.fault)
	app, err := c.App(config, i.fault)
	if err != nil {
		c.t.Fatal(err)
	}
	i.App = app
	ctx, stop := i.fault.Until(c.t.Context())
	i.stop = stop
	go func() { i.ended <- app.Run(ctx) }()
	c.all[n] = i
}

// leave ends an instance, by a kill or as it wants.
func (c *crew) leave(n int, kill bool) {
	c.t.Helper()
	i := c.all[n]
	c.all[n] = nil
	if kill {
		i.fault.Crash()
	}
	i.stop()
	err := <-i.ended
	if cerr := i.Close(); !kill && errors.Join(err, cerr) != nil {
		c.t.Errorf("Run: %v, Close: %v", err, cerr)
	}
}

// Instances come and go, some of them killed: no job is lost, the jobs of a partition, type and key
// are begun in the order of their events, and repeats have the ID of the first time. Over a shared
// store a repeat comes before the next one of its line, and what workers publish counts once.
func TestJobsWhileInstancesComeAndGo(t *testing.T) {
	shares := func(group bool) func(brook.Driver) func(int) brook.Config {
		return func(d brook.Driver) func(int) brook.Config {
			s := newShared()
			return func(int) brook.Config {
				c := config(d, s)
				c.Group = group
				return c
			}
		}
	}
	seeds := uint64(2)
	if race.Enabled || testing.Short() {
		seeds = 1
	}
	for name, stores := range map[string]func(brook.Driver) func(int) brook.Config{
		"group over a shared store": shares(true),
		"lease of a shared store":   shares(false),
		"stores that last": func(d brook.Driver) func(int) brook.Config {
			var s [3]brook.Store
			for n := range s {
				s[n] = lasting{newStore()}
			}
			return func(n int) brook.Config { return config(d, s[n]) }
		},
		"stores that forget": func(d brook.Driver) func(int) brook.Config {
			return func(int) brook.Config { return config(d, newStore()) }
		},
	} {
		for seed := range seeds {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					comeAndGo(t, rand.New(rand.NewPCG(seed, 11)), stores, name[len(name)-5:] == "store")
				})
			})
		}
	}
}

func comeAndGo(
	t *testing.T, rnd *rand.Rand, stores func(brook.Driver) func(int) brook.Config, shared bool,
) {
	d := memdriver.New(memdriver.Partitions(3))
	c := &crew{
		Outside: apptest.NewOutside(rnd.Uint64(), 80*time.Millisecond), t: t, config: stores(d),
		all: make([]*instance, 3),
	}
	others, err := errands.NewApp(config(d, newStore()), &errands.Mailer{}, errands.Desk{})
	if err != nil {
		t.Fatal(err)
	}
	defer others.Close()
	orders, mails, kills := 0, map[string]int{}, 0
	happen := func(n int) {
		t.Helper()
		for range n {
			orders++
			e := errands.Placed{
				Order: fmt.Sprint("o", orders), User: fmt.Sprint("u", rnd.IntN(5)), Mails: rnd.IntN(4),
			}
			mails[e.Order] = e.Mails
			if _, err := others.Publish.Placed(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 20 {
		happen(rnd.IntN(10))
		time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond)
		switch n := rnd.IntN(len(c.all)); {
		case c.all[n] == nil:
			c.enter(n)
		case rnd.IntN(3) > 0:
			kills++
			c.leave(n, true)
		default:
			c.leave(n, false)
		}
	}
	for n := range c.all {
		if c.all[n] == nil {
			c.enter(n)
		}
	}
	happen(5)
	time.Sleep(5 * time.Minute)
	synctest.Wait()

	t.Logf("%d kills", kills)
	c.Check(t, mails, !shared)
	apptest.Sent(t, c.all[0].App, mails, !shared)
	for n := range c.all {
		c.leave(n, false)
	}
}
