package engine_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// strayed runs a ledger whose views differ from the log: Process changed account a, and made c.
func strayed(t *testing.T, s brook.Store) *harness {
	t.Helper()
	h := open(t, config(memdriver.New(), s), &ledger.Audit{})
	h.opened("a", "b")
	h.wait(h.move("a", 1, ""))
	for _, err := range []error{
		h.Process.Moved(h.ctx, ledger.Moved{Account: "a", Cents: 5}),
		h.Process.Opened(h.ctx, ledger.Opened{Account: "c"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// wantStrayed checks the difference that strayed makes.
func wantStrayed(t *testing.T, d brook.Diff) {
	t.Helper()
	if d.Equal() || len(d.Collections) != 3 {
		t.Fatalf("difference:\n%v", d)
	}
	accounts, lines, notes := d.Collections[0], d.Collections[1], d.Collections[2]
	fields := map[string]int{"balance": 1, "moves": 1}
	if accounts.Name != "accounts" || accounts.Same != 1 || accounts.Removed != 1 ||
		accounts.Changed != 1 || accounts.Added != 0 || !maps.Equal(accounts.Fields, fields) {
		t.Errorf("accounts: %v", accounts)
	}
	want := brook.RowDiff{
		Key:     `"a"`,
		Live:    `{"id":"a","email":"a@example.org","balance":6,"moves":2,"tags":null}`,
		Rebuilt: `{"id":"a","email":"a@example.org","balance":1,"moves":1,"tags":null}`,
	}
	got := accounts.Samples[0]
	if len(accounts.Samples) != 2 || got.Key != want.Key || got.Live != want.Live ||
		got.Rebuilt != want.Rebuilt || !slices.Equal(got.Fields, []string{"balance", "moves"}) {
		t.Errorf("samples: %v", accounts.Samples)
	}
	if gone := accounts.Samples[1]; gone.Key != `"c"` || gone.Rebuilt != "" || gone.Live == "" {
		t.Errorf("removed: %v", gone)
	}
	if lines.Removed != 1 || lines.Same != 1 || notes.Changed != 1 || notes.Fields[""] != 1 {
		t.Errorf("lines: %v\nnotes: %v", lines, notes)
	}
	text := d.String()
	for _, part := range []string{
		"accounts: 0 added, 1 removed, 1 changed, 1 equal; changed balance in 1, moves in 1",
		`"c": {"id":"c"`, "→ no row", "notes: 0 added, 0 removed, 1 changed, 0 equal; changed the whole in 1",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func TestPreview(t *testing.T) {
	for name, s := range map[string]brook.Store{
		"values": mapstore.New(), "bytes": bytestore.New(),
	} {
		t.Run(name, func(t *testing.T) {
			h := strayed(t, s)
			for range 2 { // it changes nothing
				d, err := h.Preview(h.ctx)
				if err != nil {
					t.Fatal(err)
				}
				wantStrayed(t, d)
				if d.Report.Promoted || d.Report.Read != 3 {
					t.Errorf("report: %+v", d.Report)
				}
			}
			if a, err := h.Views.Accounts.Get("a"); err != nil || a.Balance != 6 {
				t.Errorf("the live views: %+v, %v", a, err)
			}
			if err := h.Rebuild(h.ctx); err != nil {
				t.Fatal(err)
			}
			if d, err := h.Preview(h.ctx); err != nil || !d.Equal() || d.String() != "the views are equal" {
				t.Errorf("after a rebuild: %v, %v", d, err)
			}
		})
	}
}

// A preview of code whose events fail returns the difference, and the letters in its report.
func TestPreviewShowsWhatFails(t *testing.T) {
	var b breaker
	b.set(true)
	h := open(t, config(memdriver.New(), newStore()), &ledger.Audit{Do: b.do})
	h.opened("a")
	h.wait(h.move("a", 1, "fail"))
	b.set(false)
	d, err := h.Preview(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d.Report.Letters != 1 || len(d.Report.Failures) != 1 || d.Collections[2].Removed != 1 {
		t.Errorf("report %+v\n%v", d.Report, d)
	}
	letters := 0
	for range h.DeadLetters() {
		letters++
	}
	if letters != 0 {
		t.Errorf("%d letters", letters)
	}
}

// The lanes run while a rebuild is reviewed, and what they fold is in the promoted views. An error
// keeps the live ones.
func TestReview(t *testing.T) {
	for name, s := range map[string]brook.Store{
		"values": mapstore.New(), "bytes": bytestore.New(),
	} {
		t.Run(name, func(t *testing.T) {
			h := strayed(t, s)
			refusal := errors.New("no")
			calls := 0
			err := h.Rebuild(h.ctx, brook.Review(func(d brook.Diff) error {
				calls++
				wantStrayed(t, d)
				return refusal
			}))
			if !errors.Is(err, refusal) || calls != 1 || !strings.Contains(err.Error(), "keeps the live views") {
				t.Fatalf("%d calls, %v", calls, err)
			}
			if a, err := h.Views.Accounts.Get("a"); err != nil || a.Balance != 6 {
				t.Errorf("the live views: %+v, %v", a, err)
			}
			err = h.Rebuild(h.ctx, brook.Review(func(d brook.Diff) error {
				calls++
				wantStrayed(t, d)
				h.wait(h.move("b", 7, ""))
				return nil
			}))
			if err != nil || calls != 2 {
				t.Fatalf("%d calls, %v", calls, err)
			}
			for id, want := range map[string]int64{"a": 1, "b": 7} {
				if a, err := h.Views.Accounts.Get(id); err != nil || a.Balance != want {
					t.Errorf("the promoted views: %+v, %v", a, err)
				}
			}
			if ok, err := h.Views.Accounts.Has("c"); ok || err != nil {
				t.Errorf("account c: %v, %v", ok, err)
			}
		})
	}
}

// Views that other processes write never stand still.
func TestPreviewOfASharedStore(t *testing.T) {
	h := open(t, config(memdriver.New(), newShared()), &ledger.Audit{})
	h.opened("a")
	_, err := h.Preview(h.ctx)
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Preview: %v", err)
	}
	err = h.Rebuild(h.ctx, brook.Review(func(brook.Diff) error { return nil }))
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Rebuild: %v", err)
	}
}
