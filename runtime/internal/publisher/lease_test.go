package publisher_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lease"
)

// shared makes a store one that several processes write.
func shared(s *store, _ *brook.Config) { s.fenced = true }

// holder returns who holds the lease, "" if nobody does.
func (r *rig) holder() string {
	r.t.Helper()
	v, err := r.store.disk.Latest().Get(r.t.Context(), r.Sending, []byte("lease"))
	if errors.Is(err, brook.ErrNotFound) {
		return ""
	}
	if err != nil {
		r.t.Fatal(err)
	}
	var row struct{ Holder string }
	if err := json.Unmarshal(v.Data.([]byte), &row); err != nil {
		r.t.Fatal(err)
	}
	return row.Holder
}

// hold keeps the lease in the background until leave is called.
func (r *rig) hold() (leave func()) {
	r.t.Helper()
	end, err := r.KeepLease(r.t.Context(), context.WithoutCancel(r.t.Context()))
	if err != nil {
		r.t.Fatal(err)
	}
	return end
}

// moment is how long a process that may take the lease needs for it.
const moment = lease.Beat + time.Millisecond

// The lease stays with its holder while that shows itself, and goes to another one after silence.
func TestLeaseIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		first, second := newRig(t, d, shared), newRig(t, d, shared)
		defer first.hold()()
		synctest.Wait()
		want(t, "the holder", first.holder(), first.ids.Prefix)
		defer second.hold()()
		time.Sleep(10 * lease.Time)
		want(t, "the holder after a while", first.holder(), first.ids.Prefix)

		first.store.fail(errAway)
		time.Sleep(lease.Time - moment)
		want(t, "the holder that is silent for less than the limit", first.holder(),
			first.ids.Prefix)
		time.Sleep(2 * moment)
		want(t, "the holder after silence", first.holder(), second.ids.Prefix)
		f := first.failures()
		if len(f) < 3 || f[0].What != "lease" || f[len(f)-1].Attempts != len(f) ||
			!errors.Is(first.told()[0], errAway) {
			t.Errorf("reported %+v, told %v", f, first.told())
		}
		if most := int(lease.Time/lease.Beat)*2 + 2; len(f) > most {
			t.Errorf("%d attempts in %s, want at most %d", len(f), lease.Time, most)
		}
		first.store.fail(nil)
		time.Sleep(moment)
		if !strings.Contains(first.text(), "another process publishes now") ||
			!strings.Contains(first.text(), "lease works again") {
			t.Errorf("the log of the first one: %s", first.text())
		}
		want(t, "the holder once the first one is back", first.holder(), second.ids.Prefix)
	})
}

// A process that ends leaves the lease, and the next one has it after a beat.
func TestLeaseIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		first, second := newRig(t, d, shared), newRig(t, d, shared)
		leave := first.hold()
		synctest.Wait()
		defer second.hold()()
		leave()
		want(t, "the holder", first.holder(), "")
		time.Sleep(moment)
		want(t, "the holder after a beat", first.holder(), second.ids.Prefix)
	})
}

// Who does not hold the lease leaves it to its holder.
func TestLeaseIsNotLeftForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		first, second := newRig(t, d, shared), newRig(t, d, shared)
		defer first.hold()()
		synctest.Wait()
		leave := second.hold()
		synctest.Wait()
		leave()
		want(t, "the holder", first.holder(), first.ids.Prefix)
	})
}

// The answer of the commit that takes the lease was lost: the process need not wait for itself.
func TestLeaseThatWasTakenUnknowingly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), shared)
		lost := 0
		r.store.after = func() error {
			if lost++; lost == 1 {
				return errAway
			}
			return nil
		}
		defer r.hold()()
		time.Sleep(2 * moment)
		_, held, _ := r.Outbox.Lease.Collecting(time.Now())
		want(t, "holds the lease", held, true)
	})
}

// A store that is one process's own needs no lease, and a package that emits nothing neither.
func TestNoLease(t *testing.T) {
	r := newRig(t, newDisk(), nil)
	if on, err := r.RequireLease(t.Context()); on || err != nil {
		t.Errorf("a lease is needed: %t, %v", on, err)
	}
	r.hold()()
	want(t, "the holder", r.holder(), "")
}
