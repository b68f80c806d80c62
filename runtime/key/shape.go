package key

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Shape names the parts of a key in order, one word each, with a blank between: "string", "int8" to
// "int64", "uint8" to "uint64", "bool", or "bytesN" for [N]byte. The empty shape is that of no key.
// Keys of one shape compare, and one whose shape begins with another's can begin with its bytes.
type Shape string

// HasPrefix reports whether keys of shape s can begin with a key of shape prefix.
func (s Shape) HasPrefix(prefix Shape) bool {
	return s == prefix || prefix != "" && strings.HasPrefix(string(s), string(prefix)+" ")
}

// Text appends the form of an encoded key that people and other systems read, and that a record
// in the log is keyed with: a string as it is, an integer in decimal, a bool as true or false, an
// array's bytes as they are. A composite key's parts stand with a "/" between, in them "%" and "/"
// as %25 and %2F, and an array as hexadecimal.
func (s Shape) Text(dst, encoded []byte) ([]byte, error) {
	r := Read(encoded)
	if !strings.Contains(string(s), " ") {
		dst = r.appendText(dst, string(s), false)
		return dst, r.End()
	}
	for i, part := range strings.Fields(string(s)) {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = r.appendText(dst, part, true)
	}
	return dst, r.End()
}

func (r *Reader) appendText(dst []byte, part string, composite bool) []byte {
	switch part {
	case "string":
		if composite {
			return append(dst, escape.Replace(r.String())...)
		}
		return append(dst, r.String()...)
	case "bool":
		return strconv.AppendBool(dst, r.Bool())
	case "int8":
		return strconv.AppendInt(dst, int64(ReadInt[int8](r)), 10)
	case "int16":
		return strconv.AppendInt(dst, int64(ReadInt[int16](r)), 10)
	case "int32":
		return strconv.AppendInt(dst, int64(ReadInt[int32](r)), 10)
	case "int64":
		return strconv.AppendInt(dst, ReadInt[int64](r), 10)
	case "uint8":
		return strconv.AppendUint(dst, uint64(ReadInt[uint8](r)), 10)
	case "uint16":
		return strconv.AppendUint(dst, uint64(ReadInt[uint16](r)), 10)
	case "uint32":
		return strconv.AppendUint(dst, uint64(ReadInt[uint32](r)), 10)
	case "uint64":
		return strconv.AppendUint(dst, ReadInt[uint64](r), 10)
	}
	n, err := arrayLen(part)
	if err != nil {
		r.fail()
		return dst
	}
	b := r.take(n)
	if composite {
		return hex.AppendEncode(dst, b)
	}
	return append(dst, b...)
}

// Parse is the inverse of Text: it appends the encoding of the key whose text is given.
func (s Shape) Parse(dst, text []byte) ([]byte, error) {
	parts := strings.Fields(string(s))
	if len(parts) == 1 {
		return parseText(dst, parts[0], string(text), false)
	}
	pieces := bytes.Split(text, []byte("/"))
	if len(pieces) != len(parts) {
		return dst, fmt.Errorf("%w: %d parts in %q, %d wanted", ErrCorrupt, len(pieces),
			text, len(parts))
	}
	var err error
	for i, part := range parts {
		if dst, err = parseText(dst, part, string(pieces[i]), true); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func parseText(dst []byte, part, text string, composite bool) ([]byte, error) {
	corrupt := func() ([]byte, error) {
		return dst, fmt.Errorf("%w: %q is no %s", ErrCorrupt, text, part)
	}
	switch {
	case part == "string":
		if composite {
			text = unescape.Replace(text)
		}
		return AppendString(dst, text), nil
	case part == "bool":
		if text != "true" && text != "false" {
			return corrupt()
		}
		return AppendBool(dst, text == "true"), nil
	case strings.HasPrefix(part, "int"):
		bits, _ := strconv.Atoi(part[3:])
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return corrupt()
		}
		full := AppendInt(nil, n)
		low := full[8-bits/8:]
		low[0] = low[0]&0x7F | byte(^n>>(bits-1)&1)<<7
		return append(dst, low...), nil
	case strings.HasPrefix(part, "uint"):
		bits, _ := strconv.Atoi(part[4:])
		n, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return corrupt()
		}
		return append(dst, AppendInt(nil, n)[8-bits/8:]...), nil
	}
	n, err := arrayLen(part)
	if err != nil {
		return dst, err
	}
	b := []byte(text)
	if composite {
		if b, err = hex.DecodeString(text); err != nil {
			return corrupt()
		}
	}
	if len(b) != n {
		return corrupt()
	}
	return append(dst, b...), nil
}

// Len returns the length of the first n parts of an encoded key, or an error if it has fewer.
func (s Shape) Len(encoded []byte, n int) (int, error) {
	r := Read(encoded)
	for i, part := range strings.Fields(string(s)) {
		if i == n {
			break
		}
		r.skip(part)
	}
	return len(encoded) - len(r.rest), r.err
}

func (r *Reader) skip(part string) {
	switch part {
	case "string":
		for i := 0; i+1 < len(r.rest); i++ {
			if r.rest[i] == 0 {
				if r.rest[i+1] == 1 {
					r.rest = r.rest[i+2:]
					return
				}
				i++
			}
		}
		r.fail()
	case "bool", "int8", "uint8":
		r.take(1)
	case "int16", "uint16":
		r.take(2)
	case "int32", "uint32":
		r.take(4)
	case "int64", "uint64":
		r.take(8)
	default:
		n, err := arrayLen(part)
		if err != nil {
			r.fail()
			return
		}
		r.take(n)
	}
}

func arrayLen(part string) (int, error) {
	digits, ok := strings.CutPrefix(part, "bytes")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 0 {
		return 0, fmt.Errorf("%w: unknown part %q of a shape", ErrCorrupt, part)
	}
	return n, nil
}

var (
	escape   = strings.NewReplacer("%", "%25", "/", "%2F")
	unescape = strings.NewReplacer("%25", "%", "%2F", "/")
)

// Successor returns the least bytes that are greater than everything that begins with prefix, or
// nil if there are none.
func Successor(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			next := bytes.Clone(prefix[:i+1])
			next[i]++
			return next
		}
	}
	return nil
}

// Parts returns the number of parts.
func (s Shape) Parts() int { return len(strings.Fields(string(s))) }
