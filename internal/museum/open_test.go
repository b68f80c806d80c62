package museum_test

import (
	"slices"
	"testing"

	"github.com/brookgen/brookgen/internal/museum"
	brook "github.com/brookgen/brookgen/runtime"
)

// exhibits are the kinds of stores.
var exhibits = []exhibit{badger, redisServer}

// What a version left shows what it showed.
func TestOpensItsOwn(t *testing.T) {
	for _, x := range exhibits {
		for _, v := range versions {
			t.Run(v.Name+" "+x.name, func(t *testing.T) {
				store, closed, _ := x.restore(t, file(v.Name, x.name))
				defer closed()
				s := open(t, v, newLog(t, entriesUntil(t, v.Name)), store)
				defer s.close()
				if got, want := s.text(), readFile(t, file(v.Name, "views.txt")); got != want {
					t.Errorf("shows\n%s\nand showed\n%s", got, want)
				}
				s.catchUp()
				if got, want := s.text(), readFile(t, file(v.Name, "views.txt")); got != want {
					t.Errorf("shows, after nothing happened,\n%s\nand showed\n%s", got, want)
				}
				if len(s.rebuilds) > 0 {
					t.Errorf("was rebuilt: %+v", s.rebuilds)
				}
			})
		}
	}
}

// Each version opens what each earlier one left, directly, and goes on: it shows what one pass with
// its code makes.
func TestOpensEarlier(t *testing.T) {
	for _, x := range exhibits {
		for i, from := range versions {
			for _, to := range versions[i:] {
				t.Run(between(from, to)+" "+x.name, func(t *testing.T) {
					store, closed, _ := x.restore(t, file(from.Name, x.name))
					defer closed()
					log := newLog(t, entriesUntil(t, from.Name))
					openedBy(t, x, to, log, store, differs(lastRebuilt(from), from, to))
				})
			}
		}
	}
}

// So does each version after the one before, one by one.
func TestStepByStep(t *testing.T) {
	for _, x := range exhibits {
		for i, from := range versions[:len(versions)-1] {
			t.Run(from.Name+" "+x.name, func(t *testing.T) {
				store, closed, _ := x.restore(t, file(from.Name, x.name))
				defer closed()
				log := newLog(t, entriesUntil(t, from.Name))
				since := lastRebuilt(from)
				for j, to := range versions[i+1:] {
					openedBy(t, x, to, log, store, differs(since, versions[i+j], to))
					since = to
				}
			})
		}
	}
}

// openedBy opens a store with a version, and lets it go on.
func openedBy(
	t *testing.T, x exhibit, v museum.Version, log *museum.Log, store brook.Store, differs bool,
) {
	t.Helper()
	s := open(t, v, log, store)
	defer s.close()
	s.catchUp()
	if differs && len(s.rebuilds) == 0 {
		if err := s.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.wantOnePass("opened")
	s.goOn()
	s.wantOnePass("and gone on")
	if x.name == badger.name {
		if diff := s.preview(); !diff.Equal() {
			t.Errorf("a preview of %s says %v", v.Name, diff)
		}
	}
}

// lastRebuilt returns the version by which the views that a version left were made anew last.
func lastRebuilt(left museum.Version) museum.Version {
	for n := numberOf(left.Name); n > 0; n-- {
		if slices.Contains(stale, versions[n].Name) {
			return versions[n]
		}
	}
	return versions[0]
}

// differs reports whether what a version left differs from what a later one makes of the log,
// without being stale: what made the one version unlike the other is among unnoticed. Since is the
// first version whose rows may be there.
func differs(since, from, to museum.Version) bool {
	for n := numberOf(to.Name); n > numberOf(since.Name); n-- {
		name := versions[n].Name
		if _, found := unnoticed[name]; found {
			return true
		}
		if slices.Contains(stale, name) && n > numberOf(from.Name) {
			return false // rebuilt when it is opened
		}
	}
	return false
}
