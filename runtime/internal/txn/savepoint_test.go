package txn_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Rollback undoes one set and leaves those before it; Revert undoes all.
func TestSavepoints(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", N: 1}, item{ID: "2", N: 2})
	f.store.commit(t, f.tx)
	f.event(item{ID: "3", N: 3}) // of the same batch

	f.begin()
	f.tx.Savepoint() // first set
	f.merge("1", func(v *item) { v.N += 10 })
	f.merge("1", func(v *item) { v.N += 10 })
	f.items().Apply(brook.Delete[item]("2"))
	f.release()
	f.want("1:21//", "3:3//")
	f.tx.Savepoint() // second set
	f.merge("1", func(v *item) { v.N += 100 })
	f.create(item{ID: "2", N: 200}, item{ID: "4", N: 4})
	f.items().Apply(brook.Delete[item]("3"))
	f.release()
	f.want("1:121//", "2:200//", "4:4//")
	f.tx.Rollback()
	f.want("1:21//", "3:3//")
	f.tx.Savepoint() // third set, over what the second one left
	f.merge("1", func(v *item) { v.N += 1000 })
	f.merge("4", func(v *item) { v.N += 1000 })
	f.release()
	f.want("1:1021//", "3:3//", "4:1000//")
	f.tx.Revert()
	f.want("1:1//", "2:2//", "3:3//")
	if got := wrote(f.tx); !slices.Equal(got, []string{"0 3"}) {
		t.Errorf("writes are %q, want those of the event before", got)
	}
}

// After a rollback the set may go on, and be rolled back again.
func TestRollbackTwice(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", N: 1})
	f.begin()
	for range 2 {
		f.merge("1", func(v *item) { v.N++ })
		f.want("1:2//")
		f.tx.Rollback()
		f.want("1:1//")
	}
}

// A merge that panics leaves nothing behind, not even in a value that its own set made.
func TestRollbackAfterPanic(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", N: 1, Tags: []string{"a"}})
	f.begin()
	f.merge("1", func(v *item) { v.N = 2 })
	func() {
		defer func() { _ = recover() }()
		f.merge("1", func(v *item) { v.N, v.Tags[0] = 3, "b"; panic("in the middle") })
	}()
	f.tx.Rollback()
	f.want("1:1//a")
}

// What a value was copied into again is never what a rollback restores, or what the store has.
func TestSpareIsNobodysValue(t *testing.T) {
	f := newFixture(t)
	f.begin()
	f.counts().Apply(brook.Create("a", 1))
	f.tx.Accept()
	bump := func(by int) { f.counts().Apply(brook.Merge("a", func(n *int) { *n += by })) }
	get := func() int {
		v, err := f.tx.Get(countRows, encoded("a"))
		if err != nil {
			t.Fatal(err)
		}
		return *v.Data.(*int)
	}
	f.begin()
	bump(1)
	f.tx.Accept() // the value of the first event is spare
	f.begin()
	bump(10) // into the spare one
	f.tx.Savepoint()
	bump(100)
	bump(100)
	f.tx.Rollback()
	if n := get(); n != 12 {
		t.Errorf("after a rollback it is %d, want 12", n)
	}
	f.tx.Revert()
	if n := get(); n != 2 {
		t.Errorf("after a revert it is %d, want 2", n)
	}
	f.store.commit(t, f.tx)
	stored := f.store.rows[countRows][string(encoded("a"))].Data.(*int)
	for range 3 {
		f.begin()
		bump(1000)
		f.tx.Accept()
	}
	if *stored != 2 {
		t.Errorf("the store's value is %d, want 2", *stored)
	}
	if n := get(); n != 3002 {
		t.Errorf("it is %d, want 3002", n)
	}
}

// A batch that merges one row again and again makes two values of it, and no more.
func TestSpareIsUsed(t *testing.T) {
	f := newFixture(t)
	seen := map[*int]bool{}
	for range 20 {
		f.begin()
		f.counts().Apply(brook.Merge("a", func(n *int) { *n++; seen[n] = true }))
		f.tx.Accept()
	}
	if len(seen) != 2 {
		t.Errorf("20 merges work on %d values", len(seen))
	}
}

// Whatever sets and events do, the transaction reads as a plain map would, before and after
// rollbacks, reverts and commits.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		f := newFixture(t)
		model := map[string]item{}
		for range 30 {
			before := clone(model)
			f.begin()
			for range 1 + r.IntN(3) { // sets
				f.tx.Savepoint()
				atSavepoint := clone(model)
				for range r.IntN(4) {
					change(f, r, model)
				}
				taken := duplicate(model)
				err := f.tx.Release()
				if errors.Is(err, brook.ErrUnique) != taken || err != nil && !taken {
					t.Fatalf("seed %d: Release: %v, and a value is taken twice: %v", seed, err,
						taken)
				}
				if err != nil || r.IntN(3) == 0 {
					f.tx.Rollback()
					model = atSavepoint
				}
				f.wantModel(seed, model)
			}
			if r.IntN(4) == 0 {
				f.tx.Revert()
				model = before
				f.wantModel(seed, model)
				continue
			}
			f.tx.Accept()
			if r.IntN(5) == 0 {
				f.store.commit(t, f.tx)
				f.wantModel(seed, model)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// change makes a change of a row, and of the model of all rows.
func change(f *fixture, r *rand.Rand, model map[string]item) {
	id := fmt.Sprint(r.IntN(5))
	email := []string{"", "p", "q", "r", "s"}[r.IntN(5)]
	tags := slices.Repeat([]string{"x", "y"}, 2)[r.IntN(3):][:r.IntN(2)]
	before, there := model[id]
	switch r.IntN(6) {
	case 0:
		f.items().Apply(brook.Delete[item](id))
		delete(model, id)
	case 1:
		v := item{ID: id, Email: email, Tags: tags, N: r.IntN(9)}
		f.create(v)
		model[id] = v
	case 2:
		f.items().Apply(brook.Insert(id, item{ID: id, Email: email, Tags: tags, N: 50}))
		if !there {
			model[id] = item{ID: id, Email: email, Tags: tags, N: 50}
		}
	case 3:
		f.items().Apply(brook.Modify(id, func(v *item) { v.N += 2; v.Email = email }))
		if there {
			before.N, before.Email = before.N+2, email
			model[id] = before
		}
	default:
		f.merge(id, func(v *item) { v.N++; v.Email = email; v.Tags = append(v.Tags[:0], tags...) })
		model[id] = item{ID: id, Email: email, Tags: tags, N: before.N + 1}
	}
}

func clone(model map[string]item) map[string]item {
	c := map[string]item{}
	for id, v := range model {
		v.Tags = slices.Clone(v.Tags)
		c[id] = v
	}
	return c
}

// duplicate reports whether two rows have one email.
func duplicate(model map[string]item) bool {
	has := map[string]bool{}
	for _, v := range model {
		if v.Email != "" && has[v.Email] {
			return true
		}
		has[v.Email] = true
	}
	return false
}

// wantModel compares rows and index entries with the model.
func (f *fixture) wantModel(seed uint64, model map[string]item) {
	f.t.Helper()
	var rows, emails, tags []string
	for _, id := range []string{"0", "1", "2", "3", "4"} {
		v, ok := model[id]
		if !ok {
			continue
		}
		rows = append(rows, fmt.Sprintf("%s:%d/%s/%s", id, v.N, v.Email, strings.Join(v.Tags, "+")))
		if v.Email != "" {
			emails = append(emails, v.Email+">"+id)
		}
		for _, tag := range v.Tags {
			tags = append(tags, tag+">"+id)
		}
	}
	slices.Sort(emails)
	slices.Sort(tags)
	f.want(rows...)
	f.wantEntries(itemsByEmail, emails...)
	f.wantEntries(itemsByTag, slices.Compact(tags)...)
	if f.t.Failed() {
		f.t.Fatalf("seed %d", seed)
	}
}
