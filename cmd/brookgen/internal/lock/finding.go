package lock

import (
	"cmp"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// Reason is what kind of change a finding is about.
type Reason string

// The reasons.
const (
	KindChanged   Reason = "kind"     // of a field, or of a value as a whole
	KindNarrowed  Reason = "narrow"   // of a field, or of a row as a whole: some values may not fit
	Merged        Reason = "merged"   // one field reads what two were
	RequiredAdded Reason = "required" // to a field, or with one
	DefaultGone   Reason = "default"  // of a field: it has another one, or none
	KeyChanged    Reason = "key"
	WhenChanged   Reason = "when"    // the member by which a version is known
	FieldGone     Reason = "field"   // and another one is there that it may be now
	EntryGone     Reason = "entry"   // an event is gone
	VersionGone   Reason = "version" // a version of an event is gone
	NameGone      Reason = "name"    // an earlier name of an event is not read any more
	RenameGone    Reason = "was"     // one of a field
	PIIGone       Reason = "pii"     // a field that was pii is not, or is gone
)

// Finding is one change by which what is in the log, or in the store, can't be read as it was.
type Finding struct {
	Ref      // of the entry: as it is called now, or was, if it is gone
	Reason   Reason
	Path     string // of what changed: as it is now, or was, if it is gone
	Breaking bool   // else it is about rows, which can be made anew, or about who sees what
	Pos, End model.Pos
	Message  string
}

// subject is what a finding is about. What is gone is the same however it was read before.
func (f *Finding) subject() Finding {
	about := Finding{Ref: f.Ref, Reason: f.Reason, Path: f.Path}
	switch f.Reason {
	case EntryGone:
		about = Finding{Ref: Ref{Kind: f.Kind}, Reason: NameGone, Path: word(f.Name)}
	case NameGone:
		about.Ref = Ref{Kind: f.Kind}
	case RenameGone:
		about.Reason = FieldGone
	case KindNarrowed:
		about.Reason = KindChanged
	}
	return about
}

// Judge returns what of the change from the lock on disk to the present one can't be read. Names
// that the lock of the last commit does not have are left out, and so is what can be read as that
// lock has it: nothing of the kind has left the author's machine. Head is nil if nobody knows the
// last commit: then the lock on disk counts alone.
func Judge(disk, head, now *Lock, folder string) []Finding {
	found := Compare(disk, now, folder)
	if head != nil && len(found) > 0 {
		committed := map[Finding]bool{}
		for _, f := range Compare(head, now, folder) {
			committed[f.subject()] = true
		}
		found = slices.DeleteFunc(found, func(f Finding) bool { return !committed[f.subject()] })
	}
	return once(found)
}

// once leaves out what is said of a field already, which several paths lead to.
func once(found []Finding) []Finding {
	type place struct {
		ref    Ref
		reason Reason
		pos    model.Pos
	}
	said := map[place]bool{}
	return slices.DeleteFunc(found, func(f Finding) bool {
		p := place{f.Ref, f.Reason, f.Pos}
		repeat := said[p] && f.Pos != (model.Pos{})
		said[p] = true
		return repeat && f.Reason != FieldGone && f.Reason != RenameGone
	})
}

// Accept returns the disk's lock with the events and collections of these names as they are now.
func Accept(disk, now *Lock, names []string) *Lock {
	accepted := &Lock{}
	for _, e := range disk.Entries {
		if !slices.Contains(names, e.Name) {
			accepted.Entries = append(accepted.Entries, e)
		}
	}
	for _, e := range now.Entries {
		if slices.Contains(names, e.Name) {
			accepted.Entries = append(accepted.Entries, e)
		}
	}
	accepted.sort()
	return accepted
}

func sortFindings(found []Finding) {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Message, b.Message))
	})
}
