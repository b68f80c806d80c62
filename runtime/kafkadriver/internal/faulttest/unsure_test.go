package faulttest_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestPublishedLate: what was given up, and others came behind it, arrives at the broker after
// all. It is too late then.
func TestPublishedLate(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(1, nil)
	n := newNetwork(t)
	hasty := n.through(settings())
	hasty.Producer.Retry.Max = 1
	app, err := ledger.NewApp(config(c.driver(hasty), mapstore.New(), topic),
		ledger.Books{}, audit())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	publish := func(cents int64) error {
		_, err := app.Publish.Moved(ctx, ledger.Moved{Account: "a", Cents: cents})
		return err
	}
	if err := publish(0); err != nil {
		t.Fatal(err)
	}
	deliver := n.hold()
	defer deliver()
	n.set(&n.refuses, true)
	if err := publish(1); err == nil || ctx.Err() != nil {
		t.Fatalf("Publish without a connection: %v", err)
	}
	n.set(&n.refuses, false)
	if err := publish(2); err != nil {
		t.Fatal(err)
	}
	deliver()
	n.await(t, ctx, "answers that come late", &n.late, 1)
	if err := publish(3); err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, r := range c.read(ctx, topic) {
		m, _ := r.move(t)
		got = append(got, m.Cents)
	}
	if want := []int64{0, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("the log has the moves %v, want %v", got, want)
	}
}

// TestPublishGivesUp: answers are lost, and the driver does not try again for long. Who publishes
// learns that an event may not be there; none is there twice, and none that was given up turns
// up behind a later one.
func TestPublishGivesUp(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(2, nil)
	n := newNetwork(t)
	hasty := n.through(settings())
	hasty.Producer.Retry.Max = 1
	d := c.driver(hasty)
	app, err := ledger.NewApp(config(d, mapstore.New(), topic), ledger.Books{}, audit())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	const accounts, moves = 8, 250
	acknowledged := make([]map[int64]int64, accounts) // number → offset
	n.set(&n.lossy, true)
	var wg sync.WaitGroup
	for a := range accounts {
		acknowledged[a] = map[int64]int64{}
		wg.Go(func() {
			for m := range int64(moves) {
				pos, err := app.Publish.Moved(ctx, ledger.Moved{Account: fmt.Sprint(a), Cents: m})
				if err == nil {
					acknowledged[a][m] = pos.Offset
				}
			}
		})
	}
	wg.Wait()
	n.set(&n.lossy, false)
	last := map[string]int64{}
	stored := map[string]map[int64]int64{}
	for _, r := range c.read(ctx, topic) {
		m, ok := r.move(t)
		if !ok {
			continue
		}
		if before, ok := last[m.Account]; ok && m.Cents <= before {
			t.Errorf("%s/%d/%d: move %d of account %s comes after %d", r.Topic, r.Partition,
				r.Offset, m.Cents, m.Account, before)
		}
		last[m.Account] = m.Cents
		if stored[m.Account] == nil {
			stored[m.Account] = map[int64]int64{}
		}
		stored[m.Account][m.Cents] = r.Offset
	}
	given, there := 0, 0
	for a, all := range acknowledged {
		mine := stored[fmt.Sprint(a)]
		for m, offset := range all {
			if at, ok := mine[m]; !ok || at != offset {
				t.Errorf("move %d of account %d was acknowledged at %d, and is at %d (%v)", m, a,
					offset, at, ok)
			}
		}
		given += moves - len(all)
		there += len(mine) - len(all)
	}
	if given == 0 {
		t.Error("nothing was given up")
	}
	t.Logf("of %d moves %d were given up, of which %d are in the log all the same", accounts*moves,
		given, there)
}
