package lock

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// note adds a finding about an entry as a whole, at its type.
func (c *comparison) note(e *Entry, reason Reason, at path, was string) {
	f := c.finding(e, reason, at)
	switch is := e.Root.String(); {
	case reason == KindChanged && f.Breaking:
		f.Message = fmt.Sprintf("%s was %s and is %s, and the log holds the former: %s", f.what(), was, is, c.waysOut(e))
	case reason == KindChanged:
		f.Message = fmt.Sprintf("%s was %s and is %s: %s", f.what(), was, is, unreadable)
	case reason == KindNarrowed:
		f.Message = fmt.Sprintf("%s was %s and is %s: %s", f.what(), was, is, partly)
	case reason == KeyChanged && f.Breaking:
		f.Message = fmt.Sprintf("the key of %s was %s and is %s, and the log is divided and ordered by the former: take it back, or publish by the new key as an event of another name, or %s",
			f.what(), was, keyText(e), c.accept(e.Name))
	case reason == KeyChanged:
		f.Message = fmt.Sprintf("the key of %s was %s and is %s: %s", f.what(), was, keyText(e), stale)
	case reason == WhenChanged:
		f.Message = fmt.Sprintf("version %d of %s had when=%s, by which payloads in the log are known that tell no version: take it back, or %s",
			e.Version, e.Name, was, c.accept(e.Name))
	}
	c.found = append(c.found, f)
}

// noteField adds a finding about a field, at the field.
func (s *shapes) noteField(reason Reason, at path, g *Field, was string) {
	f := s.finding(s.now, reason, at)
	f.pointAt(g.Pos, g.GoName)
	is := g.text()
	switch {
	case reason == KindChanged && f.Breaking:
		f.Message = fmt.Sprintf("%s of %s was %s and is %s, and the log holds the former: %s", at, f.what(), was, is, s.waysOut(s.now))
	case reason == KindChanged:
		f.Message = fmt.Sprintf("%s of %s was %s and is %s: %s", at, f.what(), was, is, unreadable)
	case reason == Merged:
		f.Message = fmt.Sprintf("%s of %s were two fields, and %s is read from both, which the log holds: %s", was, f.what(), g.Name, s.waysOut(s.now))
	case reason == KindNarrowed:
		f.Message = fmt.Sprintf("%s of %s was %s and is %s: %s", at, f.what(), was, is, partly)
	case reason == RequiredAdded && was == "new":
		f.Message = fmt.Sprintf("%s of %s is new and required, and events in the log lack it: remove required, %s", at, f.what(), s.waysOut(s.now)[len("take it back, "):])
	case reason == RequiredAdded:
		f.Message = fmt.Sprintf("%s of %s is required now, and events in the log may lack it: %s", at, f.what(), s.waysOut(s.now))
	case reason == DefaultGone:
		is := "none"
		if g.Default != nil {
			is = strconv.Quote(*g.Default)
		}
		f.Message = fmt.Sprintf("%s of %s had the default %q, which events in the log mean that lack it, and has %s: %s", at, f.what(), was, is, s.waysOut(s.now))
	case reason == PIIGone:
		f.Breaking = false
		f.Message = fmt.Sprintf("%s of %s was brook:\"pii\" and is not: it is shown where people look, in what was written before too", at, f.what())
	case reason == RenameGone && f.Breaking:
		f.Message = fmt.Sprintf("%s of %s is no longer read from %s, and the log holds events that call it so: take back brook:\"was=%s\", or %s",
			g.Name, f.what(), was, was, s.accept(f.Name))
	case reason == RenameGone:
		f.Message = fmt.Sprintf("%s of %s is no longer read from %s: rows that call it so have it as zero until they are rebuilt", g.Name, f.what(), was)
	}
	s.found = append(s.found, f)
}

// noteGonePII adds a finding about a field that is gone and was pii.
func (s *shapes) noteGonePII(at path) {
	f := s.finding(s.now, PIIGone, at)
	f.Breaking = false
	f.Message = fmt.Sprintf("%s of %s was brook:\"pii\" and is gone: what was written before still has it, and nothing masks it there; keep the field for as long as that is kept", at, f.what())
	s.found = append(s.found, f)
}

// noteGone adds a finding about a field that is gone, at the one that it may be now.
func (s *shapes) noteGone(at path, gone, likely *Field) {
	f := s.finding(s.now, FieldGone, at)
	f.pointAt(likely.Pos, likely.GoName)
	if f.Breaking {
		f.Message = fmt.Sprintf("%s of %s is gone, the log holds it, and %s is new; did you mean brook:\"was=%s\" on %s? Else ",
			at, f.what(), likely.Name, gone.Name, likely.GoName)
		if !s.fits(gone.Type, likely.Type) {
			f.Message = fmt.Sprintf("%s of %s is gone, the log holds it, and %s is new, which can't read it, as it was %s and is %s: ",
				at, f.what(), likely.Name, gone.Type, likely.Type)
		}
		f.Message += s.waysOut(s.now)
	} else {
		f.Message = fmt.Sprintf("%s of %s is gone, and %s is new: rows have it as zero until they are rebuilt; did you mean brook:\"was=%s\" on %s?",
			at, f.what(), likely.Name, gone.Name, likely.GoName)
	}
	s.found = append(s.found, f)
}

// entryGone adds a finding about an event that is gone, under its name or an earlier one, at the
// one that it may be now, else at its line in the lock.
func (c *comparison) entryGone(o *Entry, name string) {
	f := c.finding(o, EntryGone, nil)
	f.Name = name
	what := o.Kind + " " + name
	if name != o.Name {
		what += ", an earlier name of " + o.Name + ","
	}
	f.Message = fmt.Sprintf("%s is gone, and the log holds it: take it back, or %s", what, c.accept(o.Name))
	if e := c.likelyEvent(o); e != nil {
		f.pointAt(e.Pos, e.GoName)
		unread := slices.DeleteFunc(append([]string{o.Name}, o.Was...),
			func(name string) bool { return c.reader(o.Kind, name) != "" })
		f.Message = fmt.Sprintf("%s is gone, the log holds it, and %s is new; did you mean //brook:event %s was=%s? Else take it back, or %s",
			what, e.Name, e.Name, strings.Join(append(slices.Clone(e.Was), unread...), ","), c.accept(o.Name))
	}
	c.found = append(c.found, f)
}

// versionGone adds a finding about a version of an event that is gone, at today's.
func (c *comparison) versionGone(o, newest *Entry) {
	f := c.finding(o, VersionGone, nil)
	f.Name = newest.Name
	f.pointAt(newest.Pos, newest.GoName)
	f.Message = fmt.Sprintf("version %d of event %s is gone, and the log holds it: take it back, or %s",
		o.Version, newest.Name, c.accept(newest.Name))
	c.found = append(c.found, f)
}

// renameGone adds a finding about an earlier name of an event that nothing reads any more.
func (c *comparison) renameGone(o, newest *Entry, was string) {
	f := c.finding(o, NameGone, path{word(was)})
	f.Name = newest.Name
	f.pointAt(newest.Pos, newest.GoName)
	f.Message = fmt.Sprintf("%s %s is no longer read from %s, and the log holds events that are called so: take back was=%s, or %s",
		newest.Kind, newest.Name, was, was, c.accept(newest.Name))
	c.found = append(c.found, f)
}

func (c *comparison) finding(e *Entry, reason Reason, at path) Finding {
	f := Finding{Ref: e.ref(), Reason: reason, Path: at.String(), Breaking: e.Kind != Collection}
	f.pointAt(e.Pos, e.GoName)
	return f
}

// pointAt sets the place, if it is known.
func (f *Finding) pointAt(pos model.Pos, name string) {
	if pos.File == "" {
		return
	}
	f.Pos, f.End = pos, pos
	f.End.Col += len(name)
}

// what is the entry in words.
func (f *Finding) what() string { return f.Kind + " " + f.Name }

// unreadable is what becomes of rows.
const (
	stale      = "the collection is stale, and Config.OnStale decides (by default it is rebuilt from the log)"
	unreadable = "rows that are stored can't be read as that, so " + stale
)

// partly is what becomes of rows some of which fit.
const partly = "rows whose value does not fit can't be read (brook.ErrUnreadable) until they are rebuilt"

// waysOut says what can be done about a change of an event that breaks it.
func (c *comparison) waysOut(e *Entry) string {
	switch {
	case e.ref() != c.now.Newest(e.Kind, e.Name).ref():
		return "take it back, or " + c.accept(e.Name)
	case e.Home != "":
		return fmt.Sprintf("take it back, or make it version=%d in package %s, or %s",
			e.Version+1, e.Home, c.accept(e.Name))
	}
	return fmt.Sprintf("take it back, or make it version=%d and keep the old type as version=%d with an upcaster (brookgen upcast %s writes it), or %s",
		e.Version+1, e.Version, e.Name, c.accept(e.Name))
}

// accept is the last way out.
func (c *comparison) accept(name string) string {
	command := "brookgen lock -accept " + name
	if c.folder != "" {
		command += " " + c.folder
	}
	return fmt.Sprintf("run %q if no log holds such events", command)
}

// ofJobs makes what is said of an event what is said of a job.
var ofJobs = strings.NewReplacer(
	"and the log holds the former", "and jobs that wait are stored as the former",
	"and the log holds events that", "and jobs may wait that",
	", the log holds it, and", ", jobs that wait have it, and",
	", and the log holds it:", ", and some may wait:",
	", which the log holds:", ", which jobs that wait have:",
	"the log is divided and ordered by the former", "jobs wait for each other by the former",
	"publish by the new key as an event of another name", "make it a job of another name",
	"events in the log lack it", "jobs that wait lack it",
	"events in the log may lack it", "jobs that wait may lack it",
	"if no log holds such events", "if no such job waits",
	"//brook:event", "//brook:job",
)
