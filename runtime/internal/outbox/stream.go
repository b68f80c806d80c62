package outbox

import (
	"strconv"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// ShortLog is a log's identity as streams have it: enough to tell a topic from the ones of its name before it.
func ShortLog(log string) string {
	h := hashOf(log, "")
	return hexadecimal(uint64(uint32(h)^uint32(h>>32)), 8)
}

// EmissionID gives the ID of an emission; source is that of the cause's partition, or, where the cause is in no log, the stem.
func EmissionID(source string, cause *brook.Message, at brook.Position, set string, ordinal int) string {
	where := cause.ID
	if !at.IsZero() {
		where = strconv.FormatInt(at.Offset, 10)
	}
	return source + "/" + where + "/" + set + "/" + strconv.Itoa(ordinal)
}

// Sign makes m the emission of a stream.
func Sign(m *brook.Message, stream string, s brook.Sequence) {
	m.Lane, m.Sequence = stream, s
	m.Hash = hexadecimal(hashOf(m.Author, m.ID), 16)
}

// Genuine reports whether what m says of its stream was said by who made m: others copy headers to events of their own.
func Genuine(m *brook.Message) bool {
	if m.Hash != "" {
		return m.Hash == hexadecimal(hashOf(m.Author, m.ID), 16)
	}
	// Without a hash the ID has to be the one that such an emission had: lane/…/offset/set/ordinal.
	head, set, ok := cutLast(m.Lane)
	offset := strconv.FormatInt(m.Sequence.Offset, 10)
	if ok && set == "redrive" { // numbered apart
		head, set, _ = cutLast(head)
		offset, _, _ = strings.Cut(strings.TrimPrefix(m.ID, head+"/"), "/")
	}
	return ok && m.ID == head+"/"+offset+"/"+set+"/"+strconv.Itoa(int(m.Sequence.Ordinal))
}

// cutLast cuts a path before its last part.
func cutLast(path string) (head, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// hashOf is FNV-1a, of two texts apart.
func hashOf(a, b string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(a) {
		h = (h ^ uint64(a[i])) * 1099511628211
	}
	h *= 1099511628211 // a zero byte between them
	for i := range len(b) {
		h = (h ^ uint64(b[i])) * 1099511628211
	}
	return h
}

// hexadecimal writes a number in so many digits.
func hexadecimal(n uint64, digits int) string {
	const hex = "0123456789abcdef"
	var b [16]byte
	for i := digits - 1; i >= 0; i-- {
		b[i] = hex[n&15]
		n >>= 4
	}
	return string(b[:digits])
}
