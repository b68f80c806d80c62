package lock

import (
	"cmp"
	"slices"
)

// Keep adds to the events of a lock what an older one says of fields that are gone since: the log
// still holds them, so that nobody may take their names for something else. Fields that the lock of
// the last commit does not have are forgotten; head returns that lock, nil if nobody knows it, and
// is called if there is such a field.
func (l *Lock) Keep(old *Lock, head func() *Lock) {
	c := &comparison{old: old, now: l}
	for _, o := range old.Entries {
		n := l.Find(o.Kind, c.reader(o.Kind, o.Name), o.Version)
		if o.Kind == Collection || n == nil {
			continue
		}
		k := &keeping{
			shapes: shapes{comparison: c, old: o, now: n}, head: head,
			today: map[*Shape]*Shape{}, copies: map[*Shape]*Shape{},
		}
		k.pair(nil, o.Root, n.Root)
		for _, g := range k.gone {
			k.keep(g)
		}
	}
}

// keeping adds what is gone to one event.
type keeping struct {
	shapes
	head   func() *Lock
	today  map[*Shape]*Shape // what old structs are today
	copies map[*Shape]*Shape // of old shapes whose like is not there today
	gone   []goneField
}

// A goneField is a field that a struct had.
type goneField struct {
	from  path   // where the struct was
	owner *Shape // what it is today
	field *Field
}

// pair finds what old structs are today, and which of their fields are gone.
func (k *keeping) pair(at path, old, now *Shape) {
	chain := map[*Shape]bool{}
	for old, now = old.pointee(), now.pointee(); old.Kind != Struct || now.Kind != Struct; {
		if old.Elem == nil || now.Elem == nil || chain[old] {
			return
		}
		chain[old] = true
		at = at.with(map[bool]string{true: value, false: element}[old.Kind == Map])
		old, now = old.Elem.pointee(), now.Elem.pointee()
	}
	if k.today[old] != nil {
		return
	}
	k.today[old] = now
	for _, f := range old.Fields {
		if g := k.match(f, now); g != nil {
			k.pair(at.with(word(f.Name)), f.Type, g.Type)
		} else {
			k.gone = append(k.gone, goneField{at, now, f})
		}
	}
}

// keep adds one field that is gone, if it was committed.
func (k *keeping) keep(g goneField) {
	if g.owner.field(g.field.Name) != nil { // another path led here
		return
	}
	if !g.field.Gone && !k.committed(g) { // what is marked so was committed then
		return
	}
	kept := *g.field
	kept.Gone, kept.Required, kept.Default, kept.Type = true, false, nil, k.copy(g.field.Type)
	g.owner.Fields = append(g.owner.Fields, &kept)
	slices.SortFunc(g.owner.Fields, func(a, b *Field) int { return cmp.Compare(a.Name, b.Name) })
}

// committed reports whether the last commit may have a field, under its name or an earlier one.
func (k *keeping) committed(g goneField) bool {
	head := k.head()
	if head == nil {
		return true
	}
	e := head.Find(k.old.Kind, k.old.Name, k.old.Version)
	if e == nil {
		return false
	}
	owner := e.Root.at(g.from)
	return owner != nil && slices.ContainsFunc(append([]string{g.field.Name}, g.field.Was...),
		func(name string) bool { return owner.field(name) != nil })
}

// copy returns an old shape with the structs of today in it.
func (k *keeping) copy(s *Shape) *Shape {
	if known := cmp.Or(k.today[s], k.copies[s]); known != nil {
		return known
	}
	c := *s
	k.copies[s] = &c
	if s.Elem != nil {
		c.Elem = k.copy(s.Elem)
	}
	c.Fields = nil
	for _, f := range s.Fields {
		field := *f
		field.Type = k.copy(f.Type)
		c.Fields = append(c.Fields, &field)
	}
	return &c
}
