package brook

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Headers of envelopes whose values have no place for what brook has to know. All names that begin so belong to them.
const (
	headerPrefix = "brook-"
	headerID     = "brook-id"
	headerAuthor = "brook-author"
	headerTime   = "brook-time"
	headerCause  = "brook-cause"
	headerLane   = "brook-lane"
)

// PutHeaders makes r's headers of m's ID, Cause, Lane and Sequence, and of m's Headers, for envelopes whose values have no place
// for them: brook-id, brook-cause and brook-lane, each where it is not empty. A header of m whose name begins with brook- is
// an error. r shares the values of m's Headers.
func (m *Message) PutHeaders(r *Record) error {
	r.Headers = make([]Header, 0, 5+len(m.Headers))
	for _, h := range m.Headers {
		if strings.HasPrefix(h.Key, headerPrefix) {
			return fmt.Errorf("header %q: the names %s… belong to the envelope", h.Key, headerPrefix)
		}
	}
	r.addHeader(headerID, m.ID)
	r.addHeader(headerCause, m.Cause)
	if m.Lane != "" {
		r.addHeader(headerLane, m.laneText())
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
// can't be read; the others are.
func (m *Message) TakeHeaders(r *Record) error {
	var bad error
	var others []Header
	for i := range r.Headers {
		h := &r.Headers[i]
		switch h.Key {
		case headerID:
			m.ID = string(h.Value)
		case headerAuthor:
			m.Author = same(m.Author, h.Value)
		case headerTime:
			if t, err := time.Parse(time.RFC3339, string(h.Value)); err != nil {
				bad = fmt.Errorf("header %s: %w", headerTime, err)
			} else {
				m.Time = t.UTC()
			}
		case headerCause:
			m.Cause = string(h.Value)
		case headerLane:
			if err := m.setLane(string(h.Value)); err != nil {
				bad = fmt.Errorf("header %s: %w", headerLane, err)
			}
		default:
			others = append(others, *h)
		}
	}
	m.Headers = others
	return bad
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
