// Package stream knows producer streams: a stream is a sequence of emissions whose numbers rise
// towards each partition, so that a receiver drops repeats. It is named in Message.Lane.
//
// It says what names, IDs and hashes look like, which are on the wire and are compared with those
// of earlier versions. Packages delivery and emission use it. It is pure functions, for any
// goroutine.
package stream

import (
	"net/url"
	"strconv"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// Stem returns what the streams and IDs of the emissions of the app of a name begin with.
func Stem(name string) string { return url.PathEscape(name) }

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

// Origin returns of the ID of an emission, without its stem and the slash behind that, the set or
// worker that emitted it, and where its cause is in the log; zero if the ID does not say it.
func Origin(id string) (set string, at brook.Position) {
	head, ordinal, _ := cutLast(id)
	if _, err := strconv.ParseUint(ordinal, 10, 31); err != nil {
		return "", at
	}
	head, set, _ = cutLast(head)
	if set == "failed" { // see package emission
		head, set, _ = cutLast(head)
	}
	head, offset, _ := cutLast(head)
	head, number, _ := cutLast(head)
	log, topic, ok := strings.Cut(head, "/")
	n, err := strconv.ParseUint(number, 10, 31)
	o, err2 := strconv.ParseUint(offset, 10, 63)
	if !ok || len(log) != 8 || strings.Trim(log, "0123456789abcdef") != "" ||
		err != nil || err2 != nil {
		return set, at
	}
	return set, brook.Position{Topic: topic, Partition: int32(n), Offset: int64(o)}
}

// Sign makes m the emission of a stream at s: it sets Lane, Sequence and Hash.
func Sign(m *brook.Message, stream string, s brook.Sequence) {
	m.Lane, m.Sequence = stream, s
	m.Hash = hexadecimal(hashOf(m.Author, m.ID), 16)
}

// timers ends the name of a stream of events of timers. No set is called so.
const timers = ":timers"

// OfTimers returns the stream of the events of timers that are numbered by the stream of numbered
// emissions.
func OfTimers(numbered string) string { return numbered + timers }

// FromTimer reports whether an emission is the event of a timer of the app that a stem is of.
func FromTimer(lane, stem string) bool {
	return strings.HasSuffix(lane, timers) && strings.HasPrefix(lane, stem+"/")
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
