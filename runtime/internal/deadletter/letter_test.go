package deadletter

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// in is the position of letters in tests.
var in = brook.Position{Topic: "orders", Partition: 3, Offset: 7}

// whole is a letter in which nothing is zero that a letter of an event has.
func whole() Letter {
	return Letter{
		DeadLetter: brook.DeadLetter{
			Position: in, ID: "id", Type: "type", Author: "author", Stage: brook.StageHandle,
			Set: "set", Error: "err", Attempts: 2, Key: []byte("key"), Silent: true,
			Time: time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC),
			Record: brook.Record{Topic: "orders", Partition: 3, Offset: 7,
				Time: time.Date(12024, 5, 6, 7, 8, 9, 10, time.UTC), Key: []byte("k"),
				Value: []byte("{\x00}"), Headers: []brook.Header{{Key: "h", Value: []byte("v")}}},
		},
		Owes: []string{"a", "b"}, Stack: []byte("stack"),
	}
}

// valueOf returns what a write stores.
func valueOf(w brook.Write) string { return string(w.Value.([]byte)) }

// decoded returns a letter that is stored as text.
func decoded(t *testing.T, text string) Letter {
	t.Helper()
	l, err := Decode(brook.Value{Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantLetter(t *testing.T, got, want Letter) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the letter is\n%+v, want\n%+v", got, want)
	}
}

// The stored form of letters: JSON, and the record's value behind it as it is.
const (
	storedHead = `{"Position":{"Topic":"orders","Partition":3,"Offset":7},"ID":"id","Type":"type",` +
		`"Author":"author","Stage":"handle","Set":"set","Error":"err","Attempts":2,` +
		`"Time":"2024-01-02T03:04:05.000000006Z","Key":"a2V5","Record":{"Topic":"orders",` +
		`"Partition":3,"Offset":7,"Time":"0001-01-01T00:00:00Z","Key":"aw==",`
	storedHeaders = `"Headers":[{"Key":"h","Value":"dg=="}]},`
	storedTime    = `"Seconds":317284499289,"Nanos":10,"Owes":["a","b"],`

	storedWhole = storedHead + `"Value":null,` + storedHeaders +
		`"Omitted":0,"Ordinal":0,"Silent":true,` + storedTime +
		`"Stack":"c3RhY2s=","Length":3}` + "{\x00}"
	storedShrunk = storedHead + `"Value":null,` + storedHeaders +
		`"Omitted":3,"Ordinal":0,"Silent":true,` + storedTime +
		`"Sum":14989265733959156278,"Length":null}`
	// storedLayout1 has the value in the JSON.
	storedLayout1 = storedHead + `"Value":"ewB9",` + storedHeaders +
		`"Omitted":0,"Ordinal":0,"Silent":true,` + storedTime + `"Length":null}`

	storedEmission = `{"Position":{"Topic":"","Partition":0,"Offset":0},"ID":"id","Type":"",` +
		`"Author":"","Stage":"emit","Set":"set","Error":"","Attempts":0,` +
		`"Time":"0001-01-01T00:00:00Z","Key":null,"Record":{"Topic":"out","Partition":2,` +
		`"Placed":true,"Offset":0,"Time":"0001-01-01T00:00:00Z","Key":null,"Value":null,` +
		`"Headers":null},"Omitted":0,"Ordinal":4,"Silent":false,"Seconds":-62135596800,"Nanos":0,` +
		`"Length":null}`
)

// Letters are read by later versions, and those of earlier ones by this one: their form is fixed.
func TestStoredLetter(t *testing.T) {
	l := whole()
	w := l.Write("t")
	want(t, "key", string(w.Key), "orders\x00\x01\x80\x00\x00\x03\x80\x00\x00\x00\x00\x00\x00\a"+
		"\x00set\x00\x01\x80\x00\x00\x00\x00\x00\x00\x00")
	want(t, "value", valueOf(w), storedWhole)
	again := decoded(t, storedWhole)
	wantLetter(t, again, l)
	earlier := l
	earlier.Stack = nil // those of before have none
	wantLetter(t, decoded(t, storedLayout1), earlier)

	l.Shrink()
	want(t, "without the value", valueOf(l.Write("t")), storedShrunk)
	wantLetter(t, decoded(t, storedShrunk), l)

	emission := Letter{DeadLetter: brook.DeadLetter{ID: "id", Stage: brook.StageEmit, Set: "set",
		Ordinal: 4, Record: brook.Record{Topic: "out", Placed: true, Partition: 2}}}
	w = emission.Write("t")
	want(t, "key of an emission", string(w.Key), "\x00\x01\x80\x00\x00\x00"+
		"\x80\x00\x00\x00\x00\x00\x00\x00\x01set\x00\x01\x80\x00\x00\x00\x00\x00\x00\x04id\x00\x01")
	want(t, "emission", valueOf(w), storedEmission)
	wantLetter(t, decoded(t, storedEmission), emission)
}

// A record's value is stored as it is, and an empty one is none other than null.
func TestStoredValues(t *testing.T) {
	values := [][]byte{nil, {}, []byte("{}"), []byte(` "\`), {0xff, 0}, make([]byte, 1e5)}
	for _, value := range values {
		l := whole()
		l.Stack, l.Record.Value = nil, value
		stored := l.Write("t").Value.([]byte)
		again := decoded(t, string(stored))
		wantLetter(t, again, l)
		if n := len(stored) - len(value); n > 600 {
			t.Errorf("a value of %d bytes takes %d more", len(value), n)
		}
	}
	// The letter's value may share the store's bytes: what is appended to it does not go there.
	data := append([]byte(storedWhole), "after"...)
	l, err := Decode(brook.Value{Data: data[:len(storedWhole)]})
	if err != nil {
		t.Fatal(err)
	}
	_ = append(l.Record.Value, '!')
	want(t, "after the value", string(data[len(storedWhole):]), "after")
}

// JSON has no times of years outside 0 to 9999; records of others have such times.
func TestOddYears(t *testing.T) {
	for _, at := range []time.Time{
		{}, time.Date(-5, 1, 2, 3, 4, 5, 6, time.UTC),
		time.Date(99999, 1, 2, 3, 4, 5, 999999999, time.UTC),
		time.UnixMilli(1<<62 - 1).UTC(),
		time.Date(2024, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600)),
	} {
		l := whole()
		l.Record.Time = at
		again := decoded(t, valueOf(l.Write("t")))
		if got := again.Record.Time; !got.Equal(at) || got.Location() != time.UTC {
			t.Errorf("the time is %v, want %v", got, at)
		}
	}
}

// Keys sort letters as the log does, an event's own before those of what it emitted.
func TestLetterKeysSort(t *testing.T) {
	event := func(topic string, partition int32, offset int64, set string) *Letter {
		return &Letter{DeadLetter: brook.DeadLetter{Set: set, Stage: brook.StageHandle, ID: "id",
			Position: brook.Position{Topic: topic, Partition: partition, Offset: offset}}}
	}
	emission := func(set string, ordinal int) *Letter {
		l := event("a", 0, 255, set)
		l.Stage, l.Ordinal = brook.StageEmit, ordinal
		return l
	}
	first, second := event("", 0, 0, ""), event("", 0, 0, "")
	second.ID = "ie"
	all := []*Letter{first, second, event("a", 0, 1, ""), event("a", 0, 255, ""),
		event("a", 0, 255, "s"), event("a", 0, 255, "t"), emission("s", 0), emission("s", 1),
		emission("s", 256), emission("t", 0), event("a", 0, 256, ""), event("a", 1, 0, ""),
		event("a", 256, 0, ""), event("b", 0, 0, "")}
	for i := range all[1:] {
		a, b := all[i].AppendKey(nil), all[i+1].AppendKey(nil)
		if bytes.Compare(a, b) >= 0 {
			t.Errorf("%v does not come before %v", all[i], all[i+1])
		}
	}
}

// A letter whose value was cut, or grew, is damaged.
func TestDamagedLetters(t *testing.T) {
	for _, damaged := range []string{"", "{", storedWhole + "x", storedWhole[:len(storedWhole)-1],
		`{"Length":-1}`, `{"Omitted":"x"}`} {
		_, err := Decode(brook.Value{Data: []byte(damaged)})
		if !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("%q: %v, want ErrPermanent", damaged, err)
		}
	}
}

// What is damaged in the store ends Run: no other try reads it. Nothing that is stored panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "{", "null", "{}", "{}x", `{"Length":-1}`, `{"Length":1}`,
		`{"Length":0}`, `{"Position":1}`, `{"Seconds":9223372036854775807,"Nanos":-1}`, "\xff",
		`{"Omitted":-1}`, storedWhole[:len(storedWhole)-1], storedWhole + "x",
		storedWhole, storedShrunk, storedLayout1, storedEmission} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Decode(brook.Value{Data: data})
		if err != nil {
			if !errors.Is(err, brook.ErrPermanent) {
				t.Errorf("%v is tried again", err)
			}
			return
		}
		again, err := Decode(brook.Value{Data: l.Write("t").Value})
		if err != nil {
			t.Fatal(err)
		}
		if !l.Record.Time.Equal(again.Record.Time) ||
			!bytes.Equal(l.Record.Value, again.Record.Value) ||
			l.Position != again.Position || l.ID != again.ID || l.Omitted != again.Omitted {
			t.Errorf("read as\n%+v, and again as\n%+v", l, again)
		}
		for steps := 0; l.Shrink(); steps++ {
			if steps > 5 {
				t.Fatal("it shrinks for ever")
			}
		}
	})
}
