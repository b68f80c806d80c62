package lock

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/brookgen/brookgen/templates/model"
)

// Kinds of entries.
const (
	Event      = "event"
	Collection = "collection"
	Job        = "job"
)

// FileName is what a lock is called, beside the source of its package.
const FileName = "brook.lock"

// Lock is what the events, jobs and collections of a package look like.
type Lock struct {
	Entries []*Entry // sorted by kind, name and version
}

// Entry is one event, in one version, one job, or one collection.
type Entry struct {
	Kind    string
	Name    string   // on the wire, or in the store
	Version int      // of an event or a job, from 1; 0 for a collection
	Key     []string // the paths of what the key consists of, "." for the value itself; none: no key
	// KeyTypes are the types of a collection's key that is no part of its values.
	KeyTypes []string
	When     string   // the member by which the version is known, or ""
	Was      []string // names that the event had before, and is read by too
	Root     *Shape
	Pos      model.Pos // of the type in source, or of the line in the lock
	GoName   string    // of the type; "" in a lock that was read
	Home     string    // the path of the other package that declares the event, or ""
}

// Ref names an entry.
type Ref struct {
	Kind, Name string
	Version    int
}

func (e *Entry) ref() Ref { return Ref{e.Kind, e.Name, e.Version} }

// version is what stands in the column.
func (r Ref) version() string {
	if r.Version == 0 {
		return "-"
	}
	return strconv.Itoa(r.Version)
}

// Find returns the entry of that kind, name and version, or nil.
func (l *Lock) Find(kind, name string, version int) *Entry {
	for _, e := range l.Entries {
		if e.ref() == (Ref{kind, name, version}) {
			return e
		}
	}
	return nil
}

// Newest returns the entry with the highest version of a name, or nil.
func (l *Lock) Newest(kind, name string) *Entry {
	var newest *Entry
	for _, e := range l.Entries {
		if e.Kind == kind && e.Name == name && (newest == nil || e.Version > newest.Version) {
			newest = e
		}
	}
	return newest
}

func (l *Lock) sort() {
	slices.SortFunc(l.Entries, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Version, b.Version))
	})
}
