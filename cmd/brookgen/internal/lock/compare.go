package lock

import (
	"slices"
	"strings"
)

// Compare returns what of the change from one lock to another can't be read any more. Folder is how
// the package's folder is called from where brookgen runs, "" if it is that.
func Compare(old, now *Lock, folder string) []Finding {
	c := &comparison{old: old, now: now, folder: folder}
	for _, o := range old.Entries {
		if o.Kind == Collection {
			if n := now.Find(Collection, o.Name, 0); n != nil {
				c.entries(o, n)
			}
			continue
		}
		reader := c.reader(o.Kind, o.Name)
		if reader == "" {
			c.entryGone(o, o.Name)
			for _, was := range o.Was {
				if c.reader(o.Kind, was) == "" {
					c.entryGone(o, was)
				}
			}
			continue
		}
		newest := now.Newest(o.Kind, reader)
		if n := now.Find(o.Kind, reader, o.Version); n != nil {
			c.entries(o, n)
		} else {
			c.versionGone(o, newest)
		}
		if newest.Version != o.Version && o == old.Newest(o.Kind, o.Name) {
			c.keysOfVersions(o, newest)
		}
		for _, was := range o.Was {
			if c.reader(o.Kind, was) == "" {
				c.renameGone(o, newest, was)
			}
		}
	}
	for i := range c.found {
		if c.found[i].Kind == Job {
			c.found[i].Message = ofJobs.Replace(c.found[i].Message)
		}
	}
	sortFindings(c.found)
	return c.found
}

// comparison is one comparison of two locks.
type comparison struct {
	old, now *Lock
	folder   string
	found    []Finding
	fitting  map[[2]*Shape]bool // what fits found out
}

// reader returns the present name of what is called so in the log, "" if nothing reads it.
func (c *comparison) reader(kind, name string) string {
	for _, e := range c.now.Entries {
		if e.Kind == kind && (e.Name == name || slices.Contains(e.Was, name)) {
			return e.Name
		}
	}
	return ""
}

// entries compares two entries of one event, or of one collection.
func (c *comparison) entries(old, now *Entry) {
	s := &shapes{comparison: c, old: old, now: now, seen: map[[2]*Shape]bool{}, before: len(c.found)}
	switch v := s.verdict(old.Root, now.Root); v {
	case none:
		c.note(now, KindChanged, nil, old.Root.String())
	case some:
		c.note(now, KindNarrowed, nil, old.Root.String())
		fallthrough
	default:
		s.below(nil, old.Root, now.Root)
	}
	if now == c.now.Newest(now.Kind, now.Name) && old == c.old.Newest(old.Kind, old.Name) {
		s.keys()
	}
	if old.When != "" && old.When != now.When {
		c.note(now, WhenChanged, nil, old.When)
	}
}

// keys compares the keys of two entries.
func (s *shapes) keys() {
	was, is := s.keyParts(s.old, true), s.keyParts(s.now, false)
	if slices.Equal(was, is) {
		return
	}
	names := func(parts []string) (names []string) {
		for _, p := range parts {
			name, _ := cutPart(p)
			names = append(names, name)
		}
		return names
	}
	if len(s.found) > s.before && slices.Equal(names(was), names(is)) {
		return // the type of a field changed, which is told
	}
	s.note(s.now, KeyChanged, nil, keyText(s.old))
}

// keysOfVersions compares the keys of an event's newest versions, before and now. A version may
// call the key otherwise, but events of all versions are divided and ordered by one.
func (c *comparison) keysOfVersions(old, now *Entry) {
	s := &shapes{comparison: c, old: old, now: now}
	was, is := s.keyParts(old, true), s.keyParts(now, false)
	if slices.EqualFunc(was, is, func(a, b string) bool {
		from, kind := cutPart(a)
		to, other := cutPart(b)
		return kind == other && (from == to || !now.has(from) && !old.has(to))
	}) {
		return
	}
	c.note(now, KeyChanged, nil, keyText(old))
}

// cutPart returns the path and the type of a part of a key.
func cutPart(part string) (at, kind string) {
	n := until(part, ' ')
	return part[:n], part[n:]
}

// has reports whether a value has a part at a path.
func (e *Entry) has(at string) bool {
	p, ok := parsePath(at)
	if len(p) == 0 {
		return ok && e.Root.pointee().Kind != Struct
	}
	return ok && e.Root.at(p) != nil
}

// keyParts returns what a key consists of, with the types, by the names of today. What is gone
// keeps its name.
func (s *shapes) keyParts(e *Entry, translate bool) []string {
	if len(e.KeyTypes) > 0 {
		return []string{keyText(e)}
	}
	var parts []string
	for _, k := range e.Key {
		p, _ := parsePath(k)
		kind := ""
		if at := e.Root.at(p); at != nil {
			kind = at.String()
		}
		if translate {
			p = s.today(p)
		}
		parts = append(parts, p.String()+" "+kind)
	}
	return parts
}

// today turns an old path into one of today.
func (s *shapes) today(p path) path {
	old, now := s.old.Root, s.now.Root
	var q path
	for i, step := range p {
		if old, now = old.pointee(), now.pointee(); old.Kind != Struct || now.Kind != Struct {
			return append(q, p[i:]...)
		}
		name, _ := unword(step)
		f := old.field(name)
		var g *Field
		if f != nil {
			g = s.match(f, now)
		}
		if g == nil {
			return append(q, p[i:]...)
		}
		q = append(q, word(g.Name))
		old, now = f.Type, g.Type
	}
	return q
}

// keyText is a key in words.
func keyText(e *Entry) string {
	switch {
	case len(e.KeyTypes) > 0:
		return "(" + strings.Join(e.KeyTypes, ",") + ")"
	case len(e.Key) == 0:
		return "none"
	}
	var parts []string
	for _, k := range e.Key {
		if p, ok := parsePath(k); ok && e.Root.at(p) != nil {
			if k += " (" + e.Root.at(p).String() + ")"; len(p) == 0 {
				k = "the value itself" + k[len("."):]
			}
		}
		parts = append(parts, k)
	}
	return strings.Join(parts, ", ")
}
