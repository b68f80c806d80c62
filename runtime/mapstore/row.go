package mapstore

// A cell stands for a row in the order of its table, from the commit that makes the row until
// nobody can see the row any more.
type cell struct {
	rows   chain[row]
	queued bool // the writer's: waits to be trimmed when some instant expires
}

// key returns the row's key, which never changes.
func (c *cell) key() []byte { return c.rows.head.Load().val.key }

// row is what a key had at some instant. The hash index points to the newest version of a row
// directly, so that a read waits for memory only twice; hence each version has the key.
type row struct {
	value   any
	history *history
	cell    *cell
	key     []byte // in the same allocation if it is short
}

// gone is the value of a removed row.
type gone struct{}

func (r *row) gone() bool {
	_, is := r.value.(gone)
	return is
}

// newRow makes a version with a key of its own. Old is another version of the row, if there is one.
func newRow(seq uint64, key []byte, old *version[row]) *version[row] {
	var v *version[row]
	switch n := len(key); {
	case n <= 24:
		r := &struct {
			version[row]
			room [24]byte
		}{}
		v, r.val.key = &r.version, append(r.room[:0:n], key...)
	case n <= 40:
		r := &struct {
			version[row]
			room [40]byte
		}{}
		v, r.val.key = &r.version, append(r.room[:0:n], key...)
	case n <= 56:
		r := &struct {
			version[row]
			room [56]byte
		}{}
		v, r.val.key = &r.version, append(r.room[:0:n], key...)
	case old != nil:
		v = &version[row]{val: row{key: old.val.key}}
	default:
		v = &version[row]{val: row{key: append(make([]byte, 0, n), key...)}}
	}
	v.seq = seq
	return v
}
