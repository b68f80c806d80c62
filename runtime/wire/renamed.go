package wire

// Renamed is one pass through an object whose fields have old names besides their own. What stands
// under an old name is read last, and only if the field's own name is absent, wherever either
// stands. Of several old names of a field that are there, the first of Names counts.
//
//	var at [1]int
//	r := wire.Renamed{Names: names, Olds: olds, At: at[:]}
//	for i := d.ObjectRenamed(&r); i >= 0; i = d.NextRenamed(&r, i) {
type Renamed struct {
	Names []string // of all fields, then the old ones
	Olds  []int    // the fields of the old names, in their order
	At    []int    // room for a number for each old name, zero at first

	end  int // where the object ends, once that is known
	next int // the old name that is looked at next
}

// passed is in Renamed.At if the field's own name was met.
const passed = -1

// ObjectRenamed is Object for fields with old names. It returns the index of a field, never that of
// an old name. Names may have any characters.
//
//go:noinline
func (d *Decoder) ObjectRenamed(r *Renamed) int {
	return d.renamed(r, d.ObjectFold(r.Names))
}

// NextRenamed is Next for fields with old names.
//
//go:noinline
func (d *Decoder) NextRenamed(r *Renamed, i int) int {
	if r.end > 0 {
		return d.oldNames(r)
	}
	return d.renamed(r, d.NextFold(r.Names, i))
}

// renamed takes note of old names up to the next field's own, and goes back for them after the last
// one.
func (d *Decoder) renamed(r *Renamed, i int) int {
	fields := len(r.Names) - len(r.Olds)
	for i >= fields {
		d.peek() // goes to the value
		if k := i - fields; r.At[k] != passed {
			r.At[k] = d.pos
		}
		d.skipOld()
		if d.err != nil {
			return -1
		}
		i = d.NextFold(r.Names, i)
	}
	if i >= 0 {
		r.passed(i)
		return i
	}
	if d.err != nil {
		return -1
	}
	r.end = d.pos
	d.depth++ // as deep as the members are
	d.rereading++
	return d.oldNames(r)
}

// passed notes that a field was met, so that its old names don't count.
func (r *Renamed) passed(field int) {
	for k, f := range r.Olds {
		if f == field {
			r.At[k] = passed
		}
	}
}

// oldNames goes to the next value that stands under an old name of a field that was not met, and
// returns that field; after the last one it returns -1, behind the object.
func (d *Decoder) oldNames(r *Renamed) int {
	if d.err != nil {
		return -1
	}
	for r.next < len(r.Olds) {
		k := r.next
		r.next++
		if at := r.At[k]; at > 0 {
			r.passed(r.Olds[k])
			d.pos = at
			return r.Olds[k]
		}
	}
	d.pos = r.end
	d.depth--
	d.rereading--
	return -1
}

// skipOld takes the value of an old name, which may be read later. What stands under old names in
// old names, and so on, would be skipped once for each level. So if the text was skipped once more
// that way, it is noted where its containers end.
func (d *Decoder) skipOld() {
	if d.rereading == 0 {
		d.Skip()
		return
	}
	if end := d.ends[d.pos]; end > 0 {
		d.pos = end // its grammar was checked when it was skipped first
		return
	}
	start := d.pos
	d.Skip()
	d.skipped += d.pos - start
	if d.skipped > len(d.data) && d.ends == nil {
		d.ends = containerEnds(d.data)
	}
}

// minContainer is how long a container is at least whose end is worth a note.
const minContainer = 32

// containerEnds returns where containers end, by where they begin. It does not check the text.
func containerEnds(data []byte) map[int]int {
	ends := map[int]int{}
	var open []int
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			open = append(open, i)
		case '}', ']':
			if last := len(open) - 1; last >= 0 {
				if i+1-open[last] >= minContainer {
					ends[open[last]] = i + 1
				}
				open = open[:last]
			}
		case '"':
			n, _ := stringEnd(data[i:])
			i += n - 1
		}
	}
	return ends
}

// Complete reports whether the object that was just gone through was there to its end, so that
// fields that were not met are absent. One that is null is not, unless it is the whole text, which
// is as good as an object without members.
//
//go:noinline
func (d *Decoder) Complete() bool { return d.complete() }

func (d *Decoder) complete() bool {
	return d.err == nil && (d.data[d.pos-1] == '}' || d.depth == 0)
}
