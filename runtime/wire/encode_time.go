package wire

import (
	"fmt"
	"time"
)

// Time writes a time as time.Time.MarshalJSON does, and fails if it does.
//
//go:noinline
func (e *Encoder) Time(t time.Time) { e.buf = e.time(e.buf, t) }

func (e *Encoder) time(buf []byte, t time.Time) []byte {
	buf = append(buf, '"')
	if sec := t.Unix(); t.Location() == time.UTC && 0 <= sec && sec < year10000 {
		return append(appendUTC(buf, uint64(sec), uint64(t.Nanosecond())), '"')
	}
	b, err := t.AppendText(buf)
	if err != nil {
		e.fail(fmt.Errorf("json: error calling MarshalJSON for type time.Time: %w", err))
		return buf
	}
	return append(b, '"')
}

const year10000 = 253402300800 // in seconds since 1970

// appendUTC appends a time from 1970 on (19 ns instead of 40 by package time).
func appendUTC(buf []byte, sec, nanos uint64) []byte {
	year, month, day := civil(sec / 86400)
	sec %= 86400
	at := len(buf)
	buf = append(buf, "0000-00-00T00:00:00.000000000Z"...)
	out := buf[at : at+30]
	put2(out, 0, year/100)
	put2(out, 2, year%100)
	put2(out, 5, month)
	put2(out, 8, day)
	put2(out, 11, sec/3600)
	put2(out, 14, sec/60%60)
	put2(out, 17, sec%60)
	end := 19
	if nanos > 0 {
		for i := 28; i > 19; i-- {
			out[i] = '0' + byte(nanos%10)
			nanos /= 10
		}
		for end = 29; out[end-1] == '0'; end-- {
		}
	}
	out[end] = 'Z'
	return buf[:at+end+1]
}

func put2(out []byte, at int, n uint64) {
	n = n % 100 * 2
	out[at+1], out[at] = pairs[n+1], pairs[n]
}

// civil returns the date of a day, counted from 1 January 1970. Years begin in March here: then a
// leap day is the last day of one, and the lengths of months repeat (Howard Hinnant,
// chrono-Compatible Low-Level Date Algorithms).
func civil(days uint64) (year, month, day uint64) {
	const before = 719468 // from 1 March of year 0 to 1970
	const era = 146097    // days of 400 years
	days += before
	year = days / era * 400
	days %= era
	inEra := (days - days/1460 + days/36524 - days/(era-1)) / 365
	year += inEra
	days -= 365*inEra + inEra/4 - inEra/100
	fromMarch := (5*days + 2) / 153
	day = days - (153*fromMarch+2)/5 + 1
	if fromMarch < 10 {
		return year, fromMarch + 3, day
	}
	return year + 1, fromMarch - 9, day
}
