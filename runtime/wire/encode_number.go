package wire

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// Float64 writes a number; NaN and infinities are errors.
//
//go:noinline
func (e *Encoder) Float64(f float64) { e.buf = e.float64(e.buf, f) }

// Float32 writes a number; NaN and infinities are errors.
//
//go:noinline
func (e *Encoder) Float32(f float32) { e.buf = e.shortest(e.buf, float64(f), 32) }

// float64 appends f. Most numbers that people write have few digits, and are written in a third of
// the time that the shortest digits of any number take (14 ns instead of 40).
func (e *Encoder) float64(buf []byte, f float64) []byte {
	// A decimal of at most 15 digits is the only one of so few that is nearest to its float64. So
	// if n/1000 is f, then n, without zeros at its end, has the shortest digits of f.
	const limit = 1e15
	abs := math.Abs(f)
	if abs < limit/1e3 {
		if math.Float64bits(f) == 0 {
			return append(buf, '0')
		}
		n := int64(abs*1e3 + 0.5)
		if float64(n)/1e3 == abs && n != 0 {
			return appendDecimal(appendSign(buf, f), uint64(n)/1e3, uint64(n)%1e3, 3)
		}
		if abs < limit/1e8 && abs >= 1e-6 {
			n := int64(abs*1e8 + 0.5)
			if float64(n)/1e8 == abs {
				return appendDecimal(appendSign(buf, f), uint64(n)/1e8, uint64(n)%1e8, 8)
			}
		}
	}
	return e.shortest(buf, f, 64)
}

func appendSign(buf []byte, f float64) []byte {
	if f < 0 {
		return append(buf, '-')
	}
	return buf
}

// appendDecimal appends whole and, behind a point, the digits of part, without zeros at their end.
func appendDecimal(buf []byte, whole, part uint64, digits int) []byte {
	buf = appendUint(buf, whole)
	if part == 0 {
		return buf
	}
	buf = append(buf, ".00000000"[:1+digits]...)
	last := len(buf) - 1
	for part%10 == 0 {
		part /= 10
		last--
	}
	for i := last; part > 0; i-- {
		buf[i] = '0' + byte(part%10)
		part /= 10
	}
	return buf[:last+1]
}

// shortest appends the shortest decimal that is nearest to f, as encoding/json writes it.
func (e *Encoder) shortest(buf []byte, f float64, size int) []byte {
	abs := math.Abs(f)
	if !(abs <= math.MaxFloat64) {
		e.fail(fmt.Errorf("json: unsupported value: %v", f))
		return buf
	}
	format := byte('f')
	if abs != 0 && (size == 64 && (abs < 1e-6 || abs >= 1e21) ||
		size == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21)) {
		format = 'e'
	}
	b := strconv.AppendFloat(buf, f, format, -1, size)
	// e-09 is e-9
	if n := len(b); format == 'e' && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// pairs are the numbers of two digits.
const pairs = "00010203040506070809" + "10111213141516171819" + "20212223242526272829" +
	"30313233343536373839" + "40414243444546474849" + "50515253545556575859" +
	"60616263646566676869" + "70717273747576777879" + "80818283848586878889" +
	"90919293949596979899"

func appendInt(buf []byte, n int64) []byte {
	if n < 0 {
		return appendUint(append(buf, '-'), -uint64(n))
	}
	return appendUint(buf, uint64(n))
}

// appendUint writes the digits where they belong; package strconv makes them elsewhere first (5 ns
// of 11 for 13 digits).
func appendUint(buf []byte, n uint64) []byte {
	if n < 10 {
		return append(buf, '0'+byte(n))
	}
	k := decimals(n)
	end := len(buf) + k
	if end > cap(buf) {
		buf = grow(buf, k)
	}
	buf = buf[:end]
	for n >= 100 {
		pair := n % 100 * 2
		n /= 100
		end -= 2
		buf[end+1], buf[end] = pairs[pair+1], pairs[pair]
	}
	if n >= 10 {
		buf[end-1], buf[end-2] = pairs[2*n+1], pairs[2*n]
	} else {
		buf[end-1] = '0' + byte(n)
	}
	return buf
}

// decimals returns the number of n's digits.
func decimals(n uint64) int {
	k := (bits.Len64(n|1)*1233)>>12 + 1 // at most one too many
	if n < powers[k-1] && k > 1 {
		k--
	}
	return k
}

var powers = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	1e14, 1e15, 1e16, 1e17, 1e18, 1e19}
