// Package stream knows producer streams: a stream is a sequence of emissions whose numbers rise
// towards each partition, so that a receiver drops repeats. It is named in Message.Lane.
//
// It says what names, IDs and hashes look like, which are on the wire and are compared with those
// of earlier versions. Packages delivery and emission use it. It is pure functions, for any
// goroutine.
package stream

import (
	"strconv"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// ShortLog returns a log's identity as it stands in streams and IDs: short, but enough to
// distinguish a topic from earlier ones of its name.
func ShortLog(log string) string {
	h := hashOf(log, "")
	return hexadecimal(uint64(uint32(h)^uint32(h>>32)), 8)
}

// EmissionID returns the ID of an emission of cause, which stands at a position of the log; source
// is that of the partition. A cause in no log has the zero position, and the app's stem as source.
func EmissionID(
	source string, cause *brook.Message, at brook.Position, set string, ordinal int,
) string {
	where := cause.ID
	if !at.IsZero() {
		where = strconv.FormatInt(at.Offset, 10)
	}
	return source + "/" + where + "/" + set + "/" + strconv.Itoa(ordinal)
}

// Sign makes m the emission of a stream at s: it sets Lane, Sequence and Hash.
func Sign(m *brook.Message, stream string, s brook.Sequence) {
	m.Lane, m.Sequence = stream, s
	m.Hash = hexadecimal(hashOf(m.Author, m.ID), 16)
}

// Genuine reports whether the stream of m was written by the author of m. Others copy headers to
// events of their own, whose author or ID does not fit the hash.
func Genuine(m *brook.Message) bool {
	if m.Hash != "" {
		return m.Hash == hexadecimal(hashOf(m.Author, m.ID), 16)
	}
	// Earlier versions wrote no hash: then the ID has the older form lane/…/offset/set/ordinal.
	head, set, ok := cutLast(m.Lane)
	offset := strconv.FormatInt(m.Sequence.Offset, 10)
	if ok && set == "redrive" { // numbered apart
		head, set, _ = cutLast(head)
		offset, _, _ = strings.Cut(strings.TrimPrefix(m.ID, head+"/"), "/")
	}
	return ok && m.ID == head+"/"+offset+"/"+set+"/"+strconv.Itoa(int(m.Sequence.Ordinal))
}

// cutLast returns a path without its last part, and that part.
func cutLast(path string) (head, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// hashOf returns the FNV-1a hash of two texts with a zero byte between them.
func hashOf(a, b string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(a) {
		h = (h ^ uint64(a[i])) * 1099511628211
	}
	h *= 1099511628211
	for i := range len(b) {
		h = (h ^ uint64(b[i])) * 1099511628211
	}
	return h
}

// hexadecimal returns the last digits of a number, 16 at most.
func hexadecimal(n uint64, digits int) string {
	const hex = "0123456789abcdef"
	var b [16]byte
	for i := digits - 1; i >= 0; i-- {
		b[i] = hex[n&15]
		n >>= 4
	}
	return string(b[:digits])
}
