package inspection

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// list is what a cursor belongs to: what is listed, and of what. Cursors of one list are none of
// another one, whatever their places.
type list []string

// sumSize is how many bytes of a cursor say that it is whole and of its list. They keep mistakes
// out, and nobody who wants in: a cursor shows nothing that its list does not.
const sumSize = 4

// sum returns what a place in the list has before it.
func (l list) sum(place []byte) []byte {
	h := crc32.NewIEEE()
	for _, part := range l {
		_, _ = fmt.Fprintf(h, "%d %s", len(part), part) // a hash fails at nothing
	}
	_, _ = h.Write(place)
	return binary.BigEndian.AppendUint32(nil, h.Sum32())
}

// cursor returns a place in the list as text.
func (l list) cursor(place []byte) string { return handle(append(l.sum(place), place...)) }

// parse returns the place of a cursor.
func (l list) parse(cursor string) ([]byte, error) {
	b, err := parseHandle("cursor", cursor)
	if err != nil {
		return nil, err
	}
	if len(b) < sumSize || string(b[:sumSize]) != string(l.sum(b[sumSize:])) {
		return nil, fmt.Errorf("%w: cursor %.100q: it is cut, or of another list: take the one that "+
			"the page before has for the next one", inspect.ErrMistaken, cursor)
	}
	return b[sumSize:], nil
}
