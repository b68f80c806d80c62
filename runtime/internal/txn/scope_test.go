package txn_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Reads and changes outside the event's scope mark it as cross-key, and neither read nor change
// anything.
func TestScope(t *testing.T) {
	get := func(k string) func(*fixture) error {
		return func(f *fixture) error { _, err := f.tx.Get(countRows, encoded(k)); return err }
	}
	change := func(c brook.Change[string, int]) func(*fixture) error {
		return func(f *fixture) error { f.counts().Apply(c); return nil }
	}
	scan := func(from, to []byte) func(*fixture) error {
		return func(f *fixture) error {
			for _, err := range f.tx.Scan(countRows, from, to) {
				return err
			}
			return nil
		}
	}
	ran := func(*int) {}
	for name, c := range map[string]struct {
		do    func(*fixture) error
		cross bool
	}{
		"get":                   {get("b1"), false},
		"get of another":        {get("c"), true},
		"get of a shorter":      {get(""), true},
		"create":                {change(brook.Create("b1", 1)), false},
		"create of another":     {change(brook.Create("c", 1)), true},
		"merge":                 {change(brook.Merge("b1", ran)), false},
		"merge of another":      {change(brook.Merge("a", ran)), true},
		"delete":                {change(brook.Delete[int]("b1")), false},
		"delete of another":     {change(brook.Delete[int]("a")), true},
		"nothing":               {change(brook.Change[string, int]{}), false},
		"scan of all":           {scan(nil, nil), true},
		"scan to the end":       {scan([]byte("b"), nil), true},
		"scan of the scope":     {scan([]byte("b"), []byte("c")), false},
		"scan within":           {scan([]byte("b1"), []byte("b2")), false},
		"scan that begins late": {scan([]byte("c"), []byte("c")), true},
		"scan that goes on":     {scan([]byte("b"), []byte("c\x00")), true},
		"scan from before":      {scan([]byte("a"), []byte("b2")), true},
	} {
		f := newFixture(t)
		f.tx.Begin(txn.Event{Ctx: t.Context(), Confined: true})
		if !f.tx.Confined() {
			t.Error("not confined")
		}
		f.tx.Confine([]byte("b"))
		err := c.do(f)
		if f.tx.CrossKey() != c.cross || f.tx.Failed() != c.cross {
			t.Errorf("%s: cross-key is %v, failed %v", name, f.tx.CrossKey(), f.tx.Failed())
		}
		if c.cross && (err != nil && err != txn.ErrCrossKey || f.store.gets > 0 ||
			len(wrote(f.tx)) > 0) {
			t.Errorf("%s: %v, %d reads, writes %q", name, err, f.store.gets, wrote(f.tx))
		}
		f.tx.SetCrossKey(false)
		if f.tx.Failed() {
			t.Errorf("%s: the set still fails", name)
		}
	}
}

// A scope whose bytes are the greatest has no end; until Confine a confined event may read all.
func TestScopeWithoutEnd(t *testing.T) {
	f := newFixture(t)
	for _, scope := range []string{"", "\xff", "\xff\xff"} {
		f.tx.Begin(txn.Event{Ctx: t.Context(), Confined: true})
		if scope != "" {
			f.tx.Confine([]byte(scope))
		}
		for range f.tx.Scan(countRows, []byte(scope), nil) {
			t.Error("there is a row")
		}
		if f.tx.CrossKey() {
			t.Errorf("%q: a scan of the scope is cross-key", scope)
		}
	}
	f.tx.Begin(txn.Event{Ctx: t.Context()})
	if _, err := f.tx.Count(countRows); err != nil || f.tx.Confined() || f.tx.CrossKey() {
		t.Errorf("an event that may touch all: %v", err)
	}
}
