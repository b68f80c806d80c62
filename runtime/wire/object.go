package wire

import (
	"cmp"
	"slices"
)

// Object enters an object whose fields are names, in the order in which they are most likely
// written. It returns the index of the first one present, or -1 if there is none or the object is
// null. Fields that are not in names are skipped.
//
//	for i := d.Object(names); i >= 0; i = d.Next(names, i) {
//
// The loop's body decodes the value of field names[i]. Names match as in encoding/json: the exact
// one, else the first that differs in case alone. All of names are ASCII; see ObjectFold.
//
//go:noinline
func (d *Decoder) Object(names []string) int {
	if !d.open('{', "an object") {
		return -1
	}
	if len(names) > 0 && d.follows(0, names[0]) {
		return 0
	}
	if d.peek() == '}' {
		return d.closeObject()
	}
	return d.field(names, 0, false)
}

// Next returns the index of the field after names[i], or -1 after the last.
//
//go:noinline
func (d *Decoder) Next(names []string, i int) int {
	i++
	if i < len(names) && d.pos < len(d.data) && d.data[d.pos] == ',' && d.follows(1, names[i]) {
		return i
	}
	if d.peek() == ',' {
		d.pos++
		return d.field(names, i, false)
	}
	return d.closeObject()
}

// follows reports whether a name, with its colon and without white space, stands skip bytes ahead,
// and takes it. Most fields do, so this comes before all else (L: a seventh of the time).
func (d *Decoder) follows(skip int, name string) bool {
	from := d.pos + skip + 1
	end := from + len(name)
	if end+1 < len(d.data) && d.data[from-1] == '"' && d.data[end+1] == ':' && d.data[end] == '"' &&
		string(d.data[from:end]) == name {
		d.pos = end + 2
		return true
	}
	return false
}

// ObjectFold is Object for names that are not all ASCII.
func (d *Decoder) ObjectFold(names []string) int {
	if !d.open('{', "an object") {
		return -1
	}
	if d.peek() == '}' {
		return d.closeObject()
	}
	return d.field(names, 0, true)
}

// NextFold is Next for names that are not all ASCII.
func (d *Decoder) NextFold(names []string, i int) int {
	if d.peek() == ',' {
		d.pos++
		return d.field(names, i+1, true)
	}
	return d.closeObject()
}

// closeObject takes the } that must come after a field's value.
func (d *Decoder) closeObject() int {
	if d.peek() == '}' {
		d.pos++
		d.depth--
	} else {
		d.fail(", or }")
	}
	return -1
}

// field takes keys up to the first one of names, for which want is a good guess.
func (d *Decoder) field(names []string, want int, fold bool) int {
	for {
		if d.peek() == '"' && want < len(names) {
			name := names[want]
			rest := d.data[d.pos+1:]
			if n := len(name); n+1 < len(rest) && rest[n] == '"' && string(rest[:n]) == name {
				d.pos += n + 2
				if rest[n+1] == ':' {
					d.pos++
				} else {
					d.colon()
				}
				return want
			}
		}
		key := d.key()
		if d.err != nil {
			return -1
		}
		if i := match(names, key, want, fold); i >= 0 {
			return i
		}
		d.Skip()
		if d.peek() != ',' {
			return d.closeObject()
		}
		d.pos++
	}
}

// key takes a key and its colon, and returns the key without quotes and escapes. It is good
// until the text changes.
func (d *Decoder) key() []byte {
	raw := d.rawKey()
	if raw == nil {
		return nil
	}
	return unquote(raw[1 : len(raw)-1])
}

// rawKey is like key, but the key is as it stands in the text.
func (d *Decoder) rawKey() []byte {
	if d.peek() != '"' {
		d.fail("a key")
		return nil
	}
	start := d.pos
	d.skipString()
	end := d.pos
	d.colon()
	if d.err != nil {
		return nil
	}
	return d.data[start:end:end]
}

func (d *Decoder) colon() {
	if d.peek() == ':' {
		d.pos++
		return
	}
	d.fail(":")
}

// Require notes those of the fields need that were not seen in the object that was just left. An
// object that is null is as good as absent, unless it is the whole text.
//
//go:noinline
func (d *Decoder) Require(names []string, seen []bool, need ...int) {
	if !d.complete() {
		return
	}
	for _, i := range need {
		if !seen[i] {
			d.missing = append(d.missing, missing{d.pos - 1, names[i]})
		}
	}
	if len(d.missing) > maxMissing {
		d.missing = d.missing[:maxMissing]
	}
}

// maxMissing bounds what a hostile text can make us remember.
const maxMissing = 100

// missing is a required field that was not there.
type missing struct {
	end  int // where the object ends that should have it
	name string
}

func missingError(data []byte, all []missing) *Error {
	// What stands under an old name was read later than what stands behind it.
	slices.SortStableFunc(all, func(a, b missing) int { return cmp.Compare(a.end, b.end) })
	w := walker{data: data}
	e := &Error{Offset: all[0].end, Expected: "all required fields", missing: slices.Clone(all)}
	for _, m := range all {
		path := w.parentAt(m.end)
		if path != "" {
			path += "."
		}
		e.Missing = append(e.Missing, path+m.name)
	}
	return e
}
