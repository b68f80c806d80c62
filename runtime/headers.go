package brook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/brookgen/brookgen/runtime/wire"
)

// The headers of envelopes whose values have no place for all parts of a Message. Every name that
// begins with headerPrefix belongs to them.
const (
	headerPrefix = "brook-"
	headerID     = "brook-id"
	headerAuthor = "brook-author"
	headerTime   = "brook-time"
	headerCause  = "brook-cause"
	headerLane   = "brook-lane"
	headerHash   = "brook-hash"
	// headerVersion has Message.Version.
	headerVersion = "brook-version"
)

// PutHeaders sets r's headers from m, for envelopes whose values have no place for these parts of
// it: brook-id (m.ID), brook-cause (m.Cause), brook-lane (m.Sequence and m.Lane), brook-hash
// (m.Hash) and brook-version (m.Version), each unless it is empty or 0, and then m.Headers, whose
// values r shares. It returns the error of [Message.Check], or one for a header of m whose name
// begins with brook-.
func (m *Message) PutHeaders(r *Record) error {
	_, err := m.putHeaders(r, 0, 0)
	return err
}

// putHeaders is PutHeaders with room for further headers, whose values have so many bytes.
func (m *Message) putHeaders(r *Record, further, bytes int) (headerValues, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	for _, h := range m.Headers {
		if strings.HasPrefix(h.Key, headerPrefix) {
			return nil, fmt.Errorf("header %q: the names %s… belong to the envelope",
				h.Key, headerPrefix)
		}
	}
	lane := ""
	if m.Lane != "" {
		lane = m.laneText()
		further += 2
		bytes += len(lane) + len(m.Hash)
	}
	version := m.versionText()
	if version != "" {
		further++
		bytes += len(version)
	}
	r.Headers = make([]Header, 0, 2+further+len(m.Headers))
	values := make(headerValues, 0, len(m.ID)+len(m.Cause)+bytes)
	values.add(r, headerID, m.ID)
	values.add(r, headerCause, m.Cause)
	if m.Lane != "" {
		values.add(r, headerLane, lane)
		values.add(r, headerHash, m.Hash)
	}
	values.add(r, headerVersion, version)
	r.Headers = append(r.Headers, m.Headers...)
	return values, nil
}

// headerValues is the memory of the values of a record's headers: they are one allocation, not one
// each.
type headerValues []byte

// add adds a header to r unless its value is empty.
func (v *headerValues) add(r *Record, key, value string) {
	if value != "" {
		*v = append(*v, value...)
		v.take(r, key, len(value))
	}
}

// addTime adds a header with a time, as RFC 3339 has it, to r.
func (v *headerValues) addTime(r *Record, key string, t time.Time) {
	before := len(*v)
	*v = t.UTC().AppendFormat(*v, time.RFC3339Nano)
	v.take(r, key, len(*v)-before)
}

// take makes the last n bytes the value of a header of r.
func (v *headerValues) take(r *Record, key string, n int) {
	end := len(*v)
	r.Headers = append(r.Headers, Header{key, (*v)[end-n : end : end]})
}

// TakeHeaders is the inverse of PutHeaders. It also reads brook-author and brook-time, which
// [RawTopics] writes. It sets m.Headers to the headers with other names, which share r's bytes;
// what else r has no header for stays in m as it is. An empty header counts as absent. The error
// names a header that can't be read or occurs twice; the others are read all the same.
func (m *Message) TakeHeaders(r *Record) error {
	var bad error
	var others []Header
	seen := 0
	for i := range r.Headers {
		h := &r.Headers[i]
		what := headerOf(h.Key)
		switch {
		case what == 0:
			others = append(others, *h)
			continue
		case len(h.Value) == 0:
			continue
		case seen&what != 0:
			bad = fmt.Errorf("the header %s occurs twice", h.Key)
		}
		seen |= what
		if err := m.takeHeader(what, h.Value); err != nil {
			bad = fmt.Errorf("header %s: %w", h.Key, err)
		}
	}
	m.Headers = others
	return bad
}

// headerOf returns the bit of the header that a name is, or 0 if it is none of PutHeaders and
// RawTopics.
func headerOf(key string) int {
	switch key {
	case headerID:
		return sawID
	case headerAuthor:
		return sawAuthor
	case headerTime:
		return sawTime
	case headerCause:
		return sawCause
	case headerLane:
		return sawLane
	case headerHash:
		return sawHash
	case headerVersion:
		return sawPayloadVersion
	}
	return 0
}

// takeHeader reads the value of a header into m.
func (m *Message) takeHeader(what int, value []byte) (err error) {
	switch what {
	case sawID:
		m.ID = string(value)
	case sawAuthor:
		m.Author = same(m.Author, value)
	case sawTime:
		m.Time, err = wire.ParseTime(value)
	case sawCause:
		m.Cause = string(value)
	case sawLane:
		err = m.setLane(string(value))
	case sawHash:
		m.Hash = string(value)
	case sawPayloadVersion:
		err = m.setVersion(value)
	}
	return err
}

// laneText returns m.Sequence and m.Lane as they travel: offset.ordinal, a blank, the lane.
func (m *Message) laneText() string {
	return fmt.Sprintf("%d.%d %s", m.Sequence.Offset, m.Sequence.Ordinal, m.Lane)
}

// setLane sets m.Sequence and m.Lane from what laneText returned.
func (m *Message) setLane(text string) error {
	seq, lane, ok := strings.Cut(text, " ")
	offset, ordinal, dot := strings.Cut(seq, ".")
	o, err := strconv.ParseInt(offset, 10, 64)
	n, err2 := strconv.ParseInt(ordinal, 10, 32)
	if !ok || !dot || lane == "" || err != nil || err2 != nil {
		return fmt.Errorf("%q is no lane, which is offset.ordinal, a blank and a name", text)
	}
	m.Lane, m.Sequence = lane, Sequence{o, int32(n)}
	return nil
}
