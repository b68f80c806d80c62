package pack

import (
	"encoding/binary"
	"math"
)

// appendInt appends an integer, as short as it can be.
func appendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendUint(dst, uint64(n))
	case n >= -32:
		return append(dst, byte(n))
	case n >= math.MinInt8:
		return append(dst, codeInt8, byte(n))
	case n >= math.MinInt16:
		return append(dst, codeInt16, byte(n>>8), byte(n))
	case n >= math.MinInt32:
		return append(dst, codeInt32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, codeInt64), uint64(n))
}

func appendUint(dst []byte, n uint64) []byte {
	switch {
	case n < codeFixMap:
		return append(dst, byte(n))
	case n <= math.MaxUint8:
		return append(dst, codeUint8, byte(n))
	case n <= math.MaxUint16:
		return append(dst, codeUint16, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return append(dst, codeUint32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, codeUint64), n)
}

func appendFloat32(dst []byte, f float32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, codeFloat32), math.Float32bits(f))
}

func appendFloat64(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, codeFloat64), math.Float64bits(f))
}

// appendLen appends what comes before n bytes or elements: fix is for less than limit of
// them, and code for lengths of 8 bits, of 16 after it and of 32 after that; without one for
// 8 bits, short is false.
func appendLen(dst []byte, n int, fix byte, limit int, code byte, short bool) []byte {
	switch {
	case n < limit:
		return append(dst, fix|byte(n))
	case short && n <= math.MaxUint8:
		return append(dst, code, byte(n))
	}
	if short {
		code++
	}
	if n <= math.MaxUint16 {
		return append(dst, code, byte(n>>8), byte(n))
	}
	return append(dst, code+1, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func appendString(dst []byte, s string) []byte {
	return append(appendLen(dst, len(s), codeFixStr, 32, codeStr8, true), s...)
}

func appendBinaryLen(dst []byte, n int) []byte { return appendLen(dst, n, 0, 0, codeBin8, true) }

func appendBinary(dst, b []byte) []byte { return append(appendBinaryLen(dst, len(b)), b...) }

func appendArrayLen(dst []byte, n int) []byte {
	return appendLen(dst, n, codeFixArray, 16, codeArray16, false)
}

func appendMapLen(dst []byte, n int) []byte {
	return appendLen(dst, n, codeFixMap, 16, codeMap16, false)
}
