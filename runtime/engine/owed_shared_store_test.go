package engine_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Two processes over one shared store, with and without Config.Group: what letters never did is
// published once after a rebuild, by who holds the lease or has the partition, also when that one
// is gone before it published anything (rules 14 and 26).
func TestOwedEmissionsOfTwoProcesses(t *testing.T) {
	for _, group := range []bool{false, true} {
		for _, dies := range []bool{false, true} {
			t.Run(fmt.Sprintf("group %t, dies %t", group, dies), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { owedOfTwo(t, group, dies) })
			})
		}
	}
}

func owedOfTwo(t *testing.T, group, dies bool) {
	const accounts, moves = 4, 3
	d, s := memdriver.New(memdriver.Partitions(2)), newShared()
	var bug atomic.Bool
	bug.Store(true)
	type instance struct {
		*harness
		driver *watched
		store  *severed
	}
	begin := func() instance {
		i := instance{driver: &watched{Driver: d}, store: &severed{shared: s}}
		c := config(i.driver, i.store)
		c.Group = group
		i.harness = open(t, c, faulty(&bug))
		i.harness.driver = d
		synctest.Wait()
		return i
	}
	a, b := begin(), begin() // the first one has the lease
	cut := func(i instance, cut bool) {
		i.driver.mu.Lock()
		defer i.driver.mu.Unlock()
		i.driver.cut = cut
	}
	move := func(account, times int) {
		t.Helper()
		for range times {
			if _, err := a.move(fmt.Sprint(account), 1, "emit"); err != nil {
				t.Fatal(err)
			}
		}
	}
	settle := func(d time.Duration) { // a process does not hear how far others of its group are
		time.Sleep(d)
		synctest.Wait()
	}
	for n := range accounts {
		a.raw(fmt.Sprint(n), ledger.OpenedType, fmt.Sprintf(`{"account":"%d"}`, n))
		move(n, moves)
	}
	settle(time.Second)
	if n := len(b.letters()); n != accounts*moves {
		t.Fatalf("%d letters, want %d", n, accounts*moves)
	}
	if dies { // whoever publishes can't, and then is gone
		cut(a, true)
		cut(b, true)
	}
	bug.Store(false)
	if err := b.Rebuild(b.ctx); err != nil {
		t.Fatal(err)
	}
	settle(2 * time.Second)
	if dies {
		if n := len(noted(t, d)); n != 0 {
			t.Fatalf("%d accounts were noted by who can't publish", n)
		}
		a.store.gone.Store(!group) // of a group's member the driver knows that it is gone
		if group {
			if err := a.stop(); err != nil {
				t.Fatal(err)
			}
		}
		cut(b, false)
		settle(10 * time.Second)
	}
	for n := range accounts {
		move(n, 1)
	}
	settle(2 * time.Second)
	a.store.gone.Store(false) // it comes back, and does nothing again
	settle(8 * time.Second)
	ids := map[string]int{}
	for _, e := range published(t, d, "ledger") {
		if e.Lane != "" {
			ids[e.ID]++
		}
	}
	if len(ids) != accounts*(moves+1) {
		t.Errorf("%d emissions, want %d", len(ids), accounts*(moves+1))
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("%s was published %d times", id, n)
		}
	}
	// What is owed comes in order. Of the later event's emission it can come before or behind: it
	// is in another stream (rule 12).
	for n := range accounts {
		var owed []string
		for i := range moves {
			owed = append(owed, fmt.Sprintf("noted: +1 makes %d", i+1))
		}
		later := fmt.Sprintf("noted: +1 makes %d", moves+1)
		got, err := b.Views.Notes.Get(fmt.Sprint(n))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(got, later)
		if at < 0 || !slices.Equal(slices.Delete(slices.Clone(got), at, at+1), owed) {
			t.Errorf("notes of %d are %q, want %q in order, and %q", n, got, owed, later)
		}
	}
	if n := waiting(t, s); n != 0 {
		t.Errorf("%d emissions wait in the store", n)
	}
	if l := b.letters(); len(l) != 0 {
		t.Errorf("letters are left: %v", l)
	}
}
