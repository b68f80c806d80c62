package txn_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// Scans see the transaction's rows among the store's, in key order, each once, between their ends.
func TestScanMerges(t *testing.T) {
	f := newFixture(t)
	for i, k := range []string{"b", "d", "f", "h"} {
		n := i
		f.store.put(countRows, k, &n)
	}
	f.begin()
	scan := func(from, to string) (keys string) {
		var low, high []byte
		if from != "" {
			low = encoded(from)
		}
		if to != "" {
			high = encoded(to)
		}
		for row, err := range f.tx.Scan(countRows, low, high) {
			if err != nil {
				t.Fatal(err)
			}
			r := key.Read(row.Key)
			keys += r.String()
		}
		return keys
	}
	if got := scan("", ""); got != "bdfh" {
		t.Errorf("before: %s", got)
	}
	f.counts().Apply(brook.Create("a", 1), brook.Create("e", 1), brook.Create("i", 1),
		brook.Delete[int]("f"), brook.Create("d", 9), brook.Create("g", 1), brook.Delete[int]("g"),
		brook.Delete[int]("z"))
	for ends, want := range map[[2]string]string{
		{"", ""}: "abdehi", {"a", ""}: "abdehi", {"b", "e"}: "bd", {"c", "i"}: "deh",
		{"f", "h"}: "",
		{"e", "e"}: "", {"h", "b"}: "", {"i", ""}: "i", {"j", ""}: "", {"", "a"}: "",
		{"", "b"}: "a",
	} {
		if got := scan(ends[0], ends[1]); got != want {
			t.Errorf("from %q to %q: %s, want %s", ends[0], ends[1], got, want)
		}
	}
	if n, err := f.tx.Count(countRows); n != 6 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	for stop := range 6 { // whoever breaks off gets no more
		n := 0
		for range f.tx.Scan(countRows, nil, nil) {
			if n++; n > stop {
				break
			}
		}
	}
	f.tx.Revert()
	if got := scan("", ""); got != "bdfh" { // cells that a rollback left count for nothing
		t.Errorf("after: %s", got)
	}
}

// A scan downwards yields what a scan does, the last row first, and reads no more of the store than
// it yields.
func TestReverseMerges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	letter := func() string { return string(rune('a' + rnd.IntN(12))) }
	for range 200 {
		f := newFixture(t)
		for range rnd.IntN(9) {
			n := rnd.IntN(100)
			f.store.put(countRows, letter(), &n)
		}
		f.begin()
		for range rnd.IntN(9) {
			if rnd.IntN(3) == 0 {
				f.counts().Apply(brook.Delete[int](letter()))
			} else {
				f.counts().Apply(brook.Create(letter(), rnd.IntN(100)))
			}
		}
		if rnd.IntN(4) == 0 {
			f.tx.Revert() // cells stay, and count for nothing
		}
		from, to := encoded(letter()), encoded(letter())
		if rnd.IntN(3) == 0 {
			to = nil
		}
		var want, got []string
		text := func(row brook.Row, err error) string {
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%s=%d", bytes.Trim(row.Key, "\x00\x01"), *row.Value.Data.(*int))
		}
		for row, err := range f.tx.Scan(countRows, from, to) {
			want = append(want, text(row, err))
		}
		slices.Reverse(want)
		want = want[:min(len(want), rnd.IntN(12))]
		rows, ok := f.tx.Reverse(countRows, from, to)
		if !ok {
			t.Fatal("it does not scan downwards")
		}
		for row, err := range rows {
			if len(got) == len(want) {
				break
			}
			got = append(got, text(row, err))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("from %q to %q: %v, want %v", from, to, got, want)
		}
		// Of the store's rows one may be deleted, or be behind an own one.
		if f.store.reversed > len(got)+9 {
			t.Fatalf("%d rows were read for %d", f.store.reversed, len(got))
		}
	}
}

// A scan downwards leads to checks of the rows that it met, and of no more; it is held to the scope
// and notes faults as a scan does. Without a store that can, there is none.
func TestReverse(t *testing.T) {
	f := newFixture(t)
	f.tx.TrackReads()
	for i, k := range []string{"a", "b", "c"} {
		f.store.put(countRows, k, &i)
	}
	f.begin()
	rows, _ := f.tx.Reverse(countRows, nil, nil)
	f.wantChecks(false)
	for _, err := range rows {
		if err != nil {
			t.Error(err)
		}
		break
	}
	f.wantChecks(true, "3 c 3")
	down := errors.New("down")
	f.store.err = down
	for _, err := range rows {
		if err != down || f.tx.StoreFault() != down {
			t.Errorf("%v, fault %v", err, f.tx.StoreFault())
		}
	}
	f.store.err = nil
	f.begin()
	f.tx.Confine([]byte("b"))
	rows, ok := f.tx.Reverse(countRows, nil, nil)
	for _, err := range rows {
		if err == nil || !f.tx.CrossKey() {
			t.Errorf("out of the scope: %v", err)
		}
	}
	if !ok {
		t.Error("out of the scope it is none")
	}
	f.tx = newTx(struct{ brook.Reader }{f.store})
	f.begin()
	if _, ok := f.tx.Reverse(countRows, nil, nil); ok {
		t.Error("a store that can't scan downwards does")
	}
}

// What a transaction is as a source: of one instant, without histories, not to be watched.
func TestSource(t *testing.T) {
	f := newFixture(t)
	f.begin()
	if !f.tx.Instant() || f.tx.WithContext(t.Context()) != brook.Source(f.tx) ||
		f.tx.Watch(t.Context(), 0, nil) != nil {
		t.Error("it is not of one instant, not itself, or can be watched")
	}
	n := 0
	same := func(s brook.Source) error {
		if n++; s != brook.Source(f.tx) {
			t.Error("another source")
		}
		return nil
	}
	if errors.Join(f.tx.Snapshot(same), f.tx.Steady(same)) != nil || n != 2 {
		t.Errorf("called %d times", n)
	}
	for _, err := range f.tx.History(itemRows, encoded("1")) {
		if err == nil {
			t.Error("a handler reads a history")
		}
	}
	if f.tx.Table(countRows) != brook.Table(countRows) || f.tx.Layout().Slots != slots {
		t.Error("tables are not those that it is on")
	}
}

// In a dry run d answers for the store, and its errors are no faults.
func TestRunDry(t *testing.T) {
	unknown := errors.New("unknown")
	asked := []string{}
	f := newFixture(t)
	f.store.err = unknown // of scans
	f.tx.RunDry(dry(func(slot int, key []byte) (brook.Value, error) {
		asked = append(asked, fmt.Sprint(slot, " ", string(key[:1])))
		switch key[0] {
		case 'a':
			one := 1
			return brook.Value{Data: &one, Shared: true}, nil
		case 'b':
			return brook.Value{}, brook.ErrNotFound
		}
		return brook.Value{}, unknown
	}), f.store)
	f.begin()
	add := func(n *int) { *n += 10 }
	f.counts().Apply(brook.Merge("a", add), brook.Merge("b", add), brook.Merge("c", add))
	if !slices.Equal(asked, []string{"3 a", "3 b", "3 c"}) || f.store.gets > 0 {
		t.Errorf("asked for %q, and the store %d times", asked, f.store.gets)
	}
	if _, err := f.tx.Count(countRows); err != unknown || f.tx.StoreFault() != nil {
		t.Errorf("a scan: %v, fault %v", err, f.tx.StoreFault())
	}
	for k, want := range map[string]int{"a": 11, "b": 10} {
		if v, err := f.tx.Get(countRows, encoded(k)); err != nil || *v.Data.(*int) != want {
			t.Errorf("%s is %v, %v", k, v.Data, err)
		}
	}
}

type dry func(slot int, key []byte) (brook.Value, error)

func (d dry) Read(slot int, key []byte) (brook.Value, error) { return d(slot, key) }
