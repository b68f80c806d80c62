package wire

import (
	"encoding"
	"strconv"
)

// Signed is the integers with a sign.
type Signed interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

// Unsigned is the integers without one.
type Unsigned interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// These make keys of maps from string literals, for DecodeMap, and the other way
// round, for EncodeMap.

// ParseString takes the key as it is.
func ParseString[K ~string](_ *Decoder, raw []byte) K { return K(unquote(raw[1 : len(raw)-1])) }

// ParseInt takes the key as a decimal number, which must fit.
func ParseInt[K Signed](d *Decoder, raw []byte) K {
	n, err := strconv.ParseInt(string(unquote(raw[1:len(raw)-1])), 10, 64)
	if k := K(n); err == nil && int64(k) == n {
		return k
	}
	d.badKey("a key that is an integer in range")
	return 0
}

// ParseUint takes the key as a decimal number, which must fit.
func ParseUint[K Unsigned](d *Decoder, raw []byte) K {
	n, err := strconv.ParseUint(string(unquote(raw[1:len(raw)-1])), 10, 64)
	if k := K(n); err == nil && uint64(k) == n {
		return k
	}
	d.badKey("a key that is an unsigned integer in range")
	return 0
}

// ParseText takes the key through UnmarshalText.
func ParseText[K any, P interface {
	*K
	encoding.TextUnmarshaler
}](d *Decoder, raw []byte) (k K) {
	d.Check(P(&k).UnmarshalText(unquote(raw[1 : len(raw)-1])))
	return k
}

// ParseJSON takes the key, quotes and all, through UnmarshalJSON, which encoding/json prefers
// if a type has both.
func ParseJSON[K any, P interface {
	*K
	UnmarshalJSON([]byte) error
}](d *Decoder, raw []byte) (k K) {
	d.Check(P(&k).UnmarshalJSON(raw))
	return k
}

func (d *Decoder) badKey(want string) {
	if d.err == nil {
		d.pos = d.start
		d.fail(want)
	}
}

// FormatString returns the key as it is.
func FormatString[K ~string](k K) (string, error) { return string(k), nil }

// FormatInt returns a decimal number.
func FormatInt[K Signed](k K) (string, error) { return strconv.FormatInt(int64(k), 10), nil }

// FormatUint returns a decimal number.
func FormatUint[K Unsigned](k K) (string, error) { return strconv.FormatUint(uint64(k), 10), nil }

// FormatText returns what MarshalText returns.
func FormatText[K encoding.TextMarshaler](k K) (string, error) {
	b, err := k.MarshalText()
	return string(b), err
}

// FormatPointer is FormatText for keys that are pointers; nil becomes "".
func FormatPointer[T any, P interface {
	*T
	encoding.TextMarshaler
}](k P) (string, error) {
	if k == nil {
		return "", nil
	}
	return FormatText(k)
}
