package pack

import (
	"encoding/binary"
	"errors"
	"time"
)

// The types of extensions: MessagePack's own for an instant, ours for one with an offset from UTC.
const (
	extTimestamp = -1
	extOffset    = 1
)

// Time codes what stores keep of a time: the instant, to the nanosecond, and the offset from UTC.
// An offset of zero is UTC itself; the name of a location and a monotonic reading are lost.
func (c *Coder) Time(p *time.Time) {
	if c.reading {
		*p = c.readTime()
	} else {
		c.buf = appendTime(c.buf, *p)
	}
}

func appendTime(dst []byte, t time.Time) []byte {
	var room [16]byte
	stamp := room[:0]
	_, offset := t.Zone()
	typ := int8(extTimestamp)
	if offset != 0 {
		typ = extOffset
		stamp = binary.BigEndian.AppendUint32(stamp, uint32(int32(offset)))
	}
	sec, nsec := t.Unix(), t.Nanosecond()
	switch both := uint64(nsec)<<34 | uint64(sec); {
	case sec>>34 != 0:
		stamp = binary.BigEndian.AppendUint32(stamp, uint32(nsec))
		stamp = binary.BigEndian.AppendUint64(stamp, uint64(sec))
	case both>>32 != 0:
		stamp = binary.BigEndian.AppendUint64(stamp, both)
	default:
		stamp = binary.BigEndian.AppendUint32(stamp, uint32(both))
	}
	switch len(stamp) {
	case 4:
		dst = append(dst, codeFixExt4, byte(typ))
	case 8:
		dst = append(dst, codeFixExt8, byte(typ))
	case 12:
		dst = append(dst, codeExt8, 12, byte(typ))
	default:
		dst = append(dst, codeFixExt16, byte(typ))
	}
	return append(dst, stamp...)
}

var errTime = errors.New("pack: no timestamp, or none in range")

func (c *Coder) readTime() (t time.Time) {
	typ, b, ok := c.extension("a time")
	if !ok {
		return t
	}
	offset := 0
	if typ == extOffset && len(b) > 4 {
		offset = int(int32(binary.BigEndian.Uint32(b)))
		b = b[4:]
	} else if typ != extTimestamp {
		c.fail(errTime)
		return t
	}
	var sec int64
	var nsec uint64
	switch len(b) {
	case 4:
		sec = int64(binary.BigEndian.Uint32(b))
	case 8:
		both := binary.BigEndian.Uint64(b)
		sec, nsec = int64(both&(1<<34-1)), both>>34
	case 12:
		sec, nsec = int64(binary.BigEndian.Uint64(b[4:])), uint64(binary.BigEndian.Uint32(b))
	default:
		nsec = 1e9
	}
	if nsec >= 1e9 {
		c.fail(errTime)
		return t
	}
	t = time.Unix(sec, int64(nsec))
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", offset))
}
