package brook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/runtime/wire"
)

// Headers of envelopes whose values have no place for what brook has to know. All names that begin so belong to them.
const (
	headerPrefix = "brook-"
	headerID     = "brook-id"
	headerAuthor = "brook-author"
	headerTime   = "brook-time"
	headerCause  = "brook-cause"
	headerLane   = "brook-lane"
	headerHash   = "brook-hash"
)

// PutHeaders makes r's headers of m's ID, Cause, Lane, Sequence and Hash, and of m's Headers, for envelopes whose values have no place
// for them: brook-id, brook-cause, brook-lane and brook-hash, each where it is not empty. A header of m whose name begins with brook- is
// an error, and so are a time of a year outside of 0 to 9999 and an ID, type or author with control characters or invalid UTF-8. r shares
// the values of m's Headers.
func (m *Message) PutHeaders(r *Record) error {
	if err := m.Check(); err != nil {
		return err
	}
	r.Headers = make([]Header, 0, 6+len(m.Headers))
	for _, h := range m.Headers {
		if strings.HasPrefix(h.Key, headerPrefix) {
			return fmt.Errorf("header %q: the names %s… belong to the envelope", h.Key, headerPrefix)
		}
	}
	r.addHeader(headerID, m.ID)
	r.addHeader(headerCause, m.Cause)
	if m.Lane != "" {
		r.addHeader(headerLane, m.laneText())
		r.addHeader(headerHash, m.Hash)
	}
	r.Headers = append(r.Headers, m.Headers...)
	return nil
}

func (r *Record) addHeader(key, value string) {
	if value != "" {
		r.Headers = append(r.Headers, Header{key, []byte(value)})
	}
}

// TakeHeaders is the inverse of PutHeaders. It reads brook-author and brook-time, too, which [RawTopics] writes. What is not there
// stays as it is in m, other than Headers, which become all that have other names; they share r's bytes. The error says which header
// can't be read, or occurs twice; the others are read. One that is empty is as good as absent.
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

// headerOf returns which of the envelope's headers a name is, or 0.
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
	}
	return 0
}

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
	}
	return err
}

// laneText is how a lane and its sequence travel: offset.ordinal, a blank, the lane.
func (m *Message) laneText() string {
	return fmt.Sprintf("%d.%d %s", m.Sequence.Offset, m.Sequence.Ordinal, m.Lane)
}

// setLane reads what laneText made.
func (m *Message) setLane(text string) error {
	seq, lane, ok := strings.Cut(text, " ")
	offset, ordinal, dot := strings.Cut(seq, ".")
	o, err := strconv.ParseInt(offset, 10, 64)
	n, err2 := strconv.ParseInt(ordinal, 10, 32)
	if !ok || !dot || lane == "" || err != nil || err2 != nil {
		return fmt.Errorf("%q is no lane: wanted is offset.ordinal, a blank and a name", text)
	}
	m.Lane, m.Sequence = lane, Sequence{o, int32(n)}
	return nil
}
