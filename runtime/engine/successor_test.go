package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// An App that was opened while another one of its name folded, and folds after that one closed,
// goes by what the store holds: dead letters.
func TestNextAppOfANameKnowsLetters(t *testing.T) {
	d, s := memdriver.New(), newStore()
	var b breaker
	one := newLedger(t, config(d, s), &ledger.Audit{Do: b.do})
	two := newLedger(t, config(d, s), &ledger.Audit{Do: b.do})
	defer two.Close()
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","order":"fail"}`)
	if err := one.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	one.Close()
	at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1}`)
	if err := two.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(letters(t, two)); n != 2 {
		t.Errorf("%d letters: the second event of the key did not wait behind the first", n)
	}
}

// The same after a rebuild by the other one: it folds into the generation that is live, and reads
// it.
func TestNextAppOfANameKnowsTheLiveGeneration(t *testing.T) {
	d, s := memdriver.New(), newSpy(newStore())
	s.durable = true
	two := newLedger(t, config(d, s), &ledger.Audit{})
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
	if err := two.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := newLedger(t, config(d, s), &ledger.Audit{}) // nothing of two runs
	for _, do := range []func() error{func() error { return one.CatchUp(t.Context()) },
		func() error { return one.Rebuild(t.Context()) },
		func() error { return one.CatchUp(t.Context()) }, one.Close} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := two.Views.Accounts.Get("a"); err != nil {
		t.Errorf("the other App reads what was removed: %v", err)
	}
	at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1}`)
	if err := two.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := two.Views.Accounts.Get("a"); err != nil || a.Moves != 2 {
		t.Errorf("%d moves, want 2 (%v)", a.Moves, err)
	}
	two.Close()
	three := newLedger(t, config(d, s), &ledger.Audit{})
	defer three.Close()
	if a, err := three.Views.Accounts.Get("a"); err != nil || a.Moves != 2 {
		t.Errorf("after a restart %d moves, want 2: what was folded last went into views that were replaced (%v)", a.Moves, err)
	}
}

// An App of the same name that is opened while another one rebuilds leaves what that one builds
// alone.
func TestOpeningAnAppLeavesARebuildAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newSpy(newStore())
		s.durable = true
		c := config(d, s)
		c.BatchSize = 10
		one := newLedger(t, c, &ledger.Audit{})
		defer one.Close()
		for n := range 51 {
			at(t, d, min_(0), fmt.Sprint("a", n), ledger.OpenedType,
				fmt.Sprintf(`{"account":"a%d"}`, n))
		}
		if err := one.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		opened := false
		s.commit = func(_ context.Context, b *brook.Batch, do func() error) error {
			err := do()
			for _, w := range b.Writes {
				if !opened && err == nil && strings.HasSuffix(s.name(w.Table), "/2/rows/accounts") { // the rebuild has folded
					opened = true
					two := newLedger(t, config(d, s), &ledger.Audit{}) // to read, say, or for a handover
					defer two.Close()
					synctest.Wait() // what it does in the background is done
				}
			}
			return err
		}
		err := one.Rebuild(t.Context())
		if n, _ := one.Views.Accounts.Len(); n != 51 || !opened || err != nil {
			t.Errorf("%d accounts after the rebuild, want 51 (another App was opened meanwhile: %v): %v", n, opened, err)
		}
	})
}

// Views that another App of the name replaced are not removed while this one reads them.
func TestNextAppOfANameReadsToTheEnd(t *testing.T) {
	d, s := memdriver.New(), newSpy(newStore())
	s.durable = true
	reader := newLedger(t, config(d, s), &ledger.Audit{})
	defer reader.Close()
	for n := range 10 {
		at(t, d, min_(0), fmt.Sprint("a", n), ledger.OpenedType,
			fmt.Sprintf(`{"account":"a%d"}`, n))
	}
	if err := reader.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := newLedger(t, config(d, s), &ledger.Audit{})
	defer one.Close()
	n := 0
	err := reader.Views.Snapshot(t.Context(), func(views ledger.Views) error {
		for range 3 {
			if err := one.Rebuild(t.Context()); err != nil {
				return err
			}
			if err := one.CatchUp(t.Context()); err != nil { // removes what nobody reads
				return err
			}
		}
		kept, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/1/rows/accounts"})
		if err != nil {
			return err
		}
		rows := 0
		for _, err := range s.Latest().Scan(t.Context(), kept, nil, nil) {
			if err != nil {
				return err
			}
			rows++
		}
		if rows != 10 {
			t.Errorf("%d rows are left of the views that are being read, want 10", rows)
		}
		n, err = views.Accounts.Len()
		return err
	})
	if n != 10 || err != nil {
		t.Errorf("%d accounts in the snapshot, want 10: %v", n, err)
	}
	if n, err := reader.Views.Accounts.Len(); n != 10 || err != nil {
		t.Errorf("%d accounts after three rebuilds, want 10: %v", n, err)
	}
}
