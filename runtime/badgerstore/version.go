package badgerstore

// version is what a commit made of a row.
type version struct {
	ts    uint64 // number of the commit
	state rowState
	value []byte
}

// rowState says what there is of a row.
type rowState uint8

const (
	rowKept    rowState = iota // its value is here
	rowUnread                  // it exists, and only Badger has its value, which is large
	rowRemoved                 // it does not exist
)

// absent is the version of a row that is not in a whole index.
var absent = &version{state: rowRemoved}

// newVersion returns a version with a copy of a value. A small one lies beside the version: reads
// of many rows wait for memory.
func newVersion(ts uint64, value []byte) *version {
	switch n := len(value); {
	case n <= 24:
		v := &struct {
			version
			room [24]byte
		}{}
		return v.set(ts, v.room[:copy(v.room[:], value):n])
	case n <= 72:
		v := &struct {
			version
			room [72]byte
		}{}
		return v.set(ts, v.room[:copy(v.room[:], value):n])
	case n <= 168:
		v := &struct {
			version
			room [168]byte
		}{}
		return v.set(ts, v.room[:copy(v.room[:], value):n])
	}
	return new(version).set(ts, append(make([]byte, 0, len(value)), value...))
}

func (v *version) set(ts uint64, value []byte) *version {
	v.ts, v.value = ts, value
	return v
}
