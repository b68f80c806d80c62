package elixir

import (
	"bytes"
	"strconv"

	"github.com/brookgen/brookgen/runtime/wire"
)

// decimalName is the struct of package decimal. To json_serde up to 1.0, and to brook_serializer,
// it is a struct like any other, of the fields coef, exp and sign: sign * coef * 10^exp.
const decimalName = "Elixir.Decimal"

// fields are those of a Decimal as they stand in the text, nil if they are absent.
type fields struct{ coef, exp, sign []byte }

// ok reports whether the fields are those of a Decimal.
func (f *fields) ok() bool {
	sign := string(f.sign)
	_, exp := f.exponent()
	return exp && (sign == "1" || sign == "-1") && (digits(f.coef) || special(f.coef) != "")
}

func (f *fields) exponent() (int, bool) {
	n, err := strconv.ParseInt(string(f.exp), 10, 32)
	return int(n), err == nil
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// special returns what the coefficient of a Decimal that is no number stands for, or "". It is an
// atom: to brook_serializer that is a string, to json_serde an object.
func special(coef []byte) string {
	if len(coef) > 0 && coef[0] == '{' {
		d := wire.NewDecoder(coef)
		for i := 0; ; i++ {
			name, ok := d.Member(i)
			if !ok {
				return ""
			}
			value, ok := d.JSON()
			if ok && string(wire.Unquote(name)) == "value" {
				coef = value
				break
			}
		}
	}
	switch string(coef) {
	case `"NaN"`, `"qNaN"`, `"sNaN"`:
		return "NaN"
	case `"inf"`:
		return "Infinity"
	}
	return ""
}

// appendText appends the Decimal as a string literal, in the notation of Elixir's
// Decimal.to_string.
func (f *fields) appendText(dst []byte) []byte {
	dst = append(dst, '"')
	if f.sign[0] == '-' {
		dst = append(dst, '-')
	}
	if name := special(f.coef); name != "" {
		return append(append(dst, name...), '"')
	}
	exp, _ := f.exponent()
	n := len(f.coef)
	adjusted := exp + n - 1
	switch {
	case exp == 0:
		dst = append(dst, f.coef...)
	case exp < 0 && adjusted >= 0:
		dst = append(append(append(dst, f.coef[:n+exp]...), '.'), f.coef[n+exp:]...)
	case exp < 0 && adjusted >= -6:
		dst = append(append(dst, "0."...), bytes.Repeat([]byte("0"), -adjusted-1)...)
		dst = append(dst, f.coef...)
	default:
		dst = append(dst, f.coef[0])
		if n > 1 {
			dst = append(append(dst, '.'), f.coef[1:]...)
		}
		dst = append(dst, 'E')
		if adjusted >= 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, int64(adjusted), 10)
	}
	return append(dst, '"')
}

// appendFields appends the number that the fields make, in JSON's notation. ok is false if the
// exponent is out of range.
func appendFields(dst []byte, number string) (out []byte, ok bool) {
	b, sign := []byte(number), "1"
	if b[0] == '-' {
		b, sign = b[1:], "-1"
	}
	exp := 0
	if at := bytes.IndexAny(b, "eE"); at >= 0 {
		n, err := strconv.ParseInt(string(b[at+1:]), 10, 32)
		if err != nil {
			return dst, false
		}
		b, exp = b[:at], int(n)
	}
	if whole, fraction, dot := bytes.Cut(b, []byte(".")); dot {
		b = append(whole[:len(whole):len(whole)], fraction...)
		exp -= len(fraction)
	}
	if b = bytes.TrimLeft(b, "0"); len(b) == 0 {
		b = []byte("0")
	}
	if int64(exp) != int64(int32(exp)) {
		return dst, false
	}
	dst = append(append(dst, `{"coef":`...), b...)
	dst = strconv.AppendInt(append(dst, `,"exp":`...), int64(exp), 10)
	return append(append(dst, `,"sign":`...), sign...), true
}
