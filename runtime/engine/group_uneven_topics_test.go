package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/relay"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A group that reads two topics which grow one after the other folds nothing while they have
// different numbers of partitions, says so, and goes on by itself once they are equal.
func TestGroupWaitsForTheOtherTopicToGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		var mu sync.Mutex
		told := 0
		var apps []*relay.App
		var ends []func()
		for range 2 {
			c := config(d, s)
			c.Group = true
			c.Hooks.Failure = func(f brook.Failure) {
				mu.Lock()
				defer mu.Unlock()
				if strings.Contains(f.Err.Error(), "nothing is folded until") {
					told++
				}
			}
			app, err := relay.NewApp(c, relay.Billing{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- app.Run(ctx) }()
			apps = append(apps, app)
			ends = append(ends, func() {
				cancel()
				if err := <-done; err != nil {
					t.Errorf("Run: %v", err)
				}
				if err := app.Close(); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		settle := func() {
			time.Sleep(3 * time.Second)
			synctest.Wait()
		}
		placed := 0
		place := func() {
			t.Helper()
			for range 10 {
				placed++
				if _, err := apps[placed%2].Publish.Placed(t.Context(),
					relay.Placed{Order: fmt.Sprint(placed), Cents: 1}); err != nil {
					t.Fatal(err)
				}
			}
			settle()
		}
		billed := func(want int) {
			t.Helper()
			bills, err := brook.Values(apps[0].Views.Bills.All())
			if err != nil || len(bills) != want {
				t.Errorf("%d bills, %v; want %d", len(bills), err, want)
			}
			for _, b := range bills {
				if b.Times != 1 {
					t.Errorf("%+v", b)
				}
			}
		}
		grow := func(topic string) {
			t.Helper()
			if err := d.Grow(topic, 3); err != nil {
				t.Fatal(err)
			}
			settle()
		}
		place()
		billed(10)
		grow("orders")
		place()
		billed(10)
		mu.Lock()
		if told < 2 {
			t.Errorf("told %d times, want by both members", told)
		}
		mu.Unlock()
		grow("bills")
		billed(20)
		place()
		billed(30)
		for _, end := range ends {
			end()
		}
	})
}
