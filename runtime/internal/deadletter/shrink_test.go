package deadletter

import (
	"errors"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// A letter loses what the log has first, and what it can least be without last.
func TestShrinkSteps(t *testing.T) {
	l := whole()
	l.Error, l.ID = strings.Repeat("e", 5000), strings.Repeat("i", 3000)
	sizes := sizeOf(&l.Record)
	type state struct {
		value, headers, key      bool
		err, id, omitted, stored int
	}
	look := func() state {
		return state{l.Record.Value != nil, l.Record.Headers != nil, l.Key != nil,
			len(l.Error), len(l.ID), l.Omitted, sizeOf(&l.Record)}
	}
	want(t, "whole", look(), state{true, true, true, 5000, 3000, 0, sizes})
	step := func(what string, next state) {
		t.Helper()
		want(t, what+" is a step", l.Shrink(), true)
		want(t, what, look(), next)
		want(t, what+" in all", l.Omitted+sizeOf(&l.Record), sizes)
	}
	cut := len("… (5000 bytes)")
	step("value", state{false, true, true, 5000, 3000, 3, sizes - 3})
	step("record", state{false, false, true, 5000, maxName + cut, sizes, 0})
	step("error", state{false, false, true, maxName + cut, maxName + cut, sizes, 0})
	step("key", state{false, false, false, maxName + cut, maxName + cut, sizes, 0})
	step("names", state{false, false, false, leastName + cut, leastName + cut, sizes, 0})
	want(t, "another step", l.Shrink(), false)
	want(t, "position", l.Position, in)
	want(t, "set", l.Set, "set")
}

// Whatever is large, shrinking ends, and each step but that of the key makes the letter smaller.
func TestShrinkEnds(t *testing.T) {
	for size := range 1 << 9 {
		long := func(bit, n int) string {
			if size&(1<<bit) == 0 {
				return ""
			}
			return strings.Repeat("é", n)
		}
		l := Letter{DeadLetter: brook.DeadLetter{Position: in, ID: long(0, 5000), Type: long(1,
			700),
			Author: long(2, 70), Error: long(3, 20000), Key: append([]byte(nil), long(4, 5)...),
			Record: brook.Record{Value: []byte(long(5, 9)), Key: []byte(long(6, 9)),
				Headers: []brook.Header{{Key: long(7, 9), Value: []byte(long(8, 9))}}}}}
		stored := len(valueOf(l.Write("t")))
		for steps := 0; l.Shrink(); steps++ {
			if steps > 4 {
				t.Fatalf("%b: it shrinks for ever", size)
			}
			now := len(valueOf(l.Write("t")))
			if l.Omitted > 0 && steps == 0 { // the first step adds the sum of the record
				now -= len(`"Sum":18446744073709551615,`)
			}
			if now > stored {
				t.Errorf("%b: %d bytes, and %d before", size, now, stored)
			}
		}
		if n := max(l.longestName(), len(l.Error)); n > 2*leastName {
			t.Errorf("%b: a text of %d bytes is left", size, n)
		}
	}
}

// What the log does not have stays whole.
func TestShrinkOfWhatTheLogHasNot(t *testing.T) {
	emission, processed := whole(), whole()
	emission.Stage = brook.StageEmit
	processed.Position = brook.Position{}
	for _, l := range []Letter{emission, processed} {
		before := valueOf(l.Write("t"))
		want(t, "shrinks", l.Shrink(), false)
		want(t, "letter", valueOf(l.Write("t")), before)
	}
}

// A letter takes back its own record, at whatever step, and no other.
func TestHydrate(t *testing.T) {
	others := map[string]func(r *brook.Record){
		"value":  func(r *brook.Record) { r.Value = []byte("{\x01}") },
		"longer": func(r *brook.Record) { r.Value = []byte("{\x00} ") },
		"key":    func(r *brook.Record) { r.Key = []byte("l") },
		"header": func(r *brook.Record) { r.Headers = []brook.Header{{Key: "i", Value: []byte("v")}} },
		"time":   func(r *brook.Record) { r.Time = r.Time.Add(time.Millisecond) },
		"offset": func(r *brook.Record) { r.Offset++ },
	}
	for steps := 1; steps <= 5; steps++ {
		l := whole()
		record := l.Record
		for range steps {
			l.Shrink()
		}
		l = decoded(t, valueOf(l.Write("t")))
		for name, change := range others {
			r := record
			change(&r)
			if err := l.Hydrate(&r); !errors.Is(err, ErrOtherRecord) {
				t.Errorf("%s: %v, want ErrOtherRecord", name, err)
			}
		}
		again := record
		again.Time = record.Time.Truncate(time.Millisecond) // another driver may know no more
		if err := l.Hydrate(&again); err != nil {
			t.Fatal(err)
		}
		want(t, "omitted", l.Omitted, 0)
		want(t, "value", string(l.Record.Value), "{\x00}")
		if stored := valueOf(l.Write("t")); strings.Contains(stored, `"Sum"`) {
			t.Errorf("stored as %s", stored)
		}
	}
}

// Letters of earlier versions have no sum: their sizes must do.
func TestHydrateWithoutSum(t *testing.T) {
	l := whole()
	record := l.Record
	l.Shrink()
	l = decoded(t, strings.Replace(valueOf(l.Write("t")), `"Sum":14989265733959156278,`, "", 1))
	want(t, "sum", l.sum, 0)
	longer := record
	longer.Value = []byte("{\x00} ")
	if err := l.Hydrate(&longer); !errors.Is(err, ErrOtherRecord) {
		t.Errorf("%v, want ErrOtherRecord", err)
	}
	if err := l.Hydrate(&record); err != nil {
		t.Error(err)
	}
}

// Names of headers need not be UTF-8, and JSON changes those that are not: a letter takes its
// record back all the same.
func TestHydrateWithOddHeaders(t *testing.T) {
	l := whole()
	l.Record.Headers = []brook.Header{{Key: "a\xff", Value: []byte("v")}}
	record := l.Record
	l.Shrink()
	l = decoded(t, valueOf(l.Write("t")))
	if err := l.Hydrate(&record); err != nil {
		t.Error(err)
	}
	want(t, "header", l.Record.Headers[0].Key, "a\xff")
}

// An error keeps its beginning.
func TestErrorText(t *testing.T) {
	want(t, "short", ErrorText(errors.New("short")), "short")
	long := ErrorText(errors.New(strings.Repeat("é", maxErrorText)))
	if !strings.HasPrefix(long, "éé") || !strings.HasSuffix(long, "é… (32768 bytes)") {
		t.Errorf("%q", long[len(long)-30:])
	}
	if len(long) > maxErrorText+32 {
		t.Errorf("%d bytes are kept", len(long))
	}
}
