package timers

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/wire"
)

func rows() []*Row {
	return []*Row{
		{},
		{Due: time.Unix(1, 999_999_999).UTC(), ID: "a/1/t/0/7/Set/0", Version: 3, Key: []byte("k"),
			Data: []byte(`{"a":1}`), Position: brook.Position{Topic: "t", Partition: 3, Offset: 7},
			Cause: "c", Set: "Set", Ordinal: 2, Published: true,
			Headers: []brook.Header{{Key: "traceparent", Value: []byte("x")}}},
	}
}

// What is stored is read again, whatever the year.
func TestRow(t *testing.T) {
	all := rows()
	for _, year := range []int{0, 1, 1969, 1970, 2262, 2263, 9999} {
		all = append(all, &Row{Due: time.Date(year, 12, 31, 23, 59, 59, 999_999_999, time.UTC)})
	}
	for _, want := range all {
		got, err := Decode(want.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !wire.Writable(got.Due) || !got.Due.Equal(want.Due) {
			t.Errorf("due at %s, want %s", got.Due, want.Due)
		}
		got.Due = want.Due
		if len(got.Key) == 0 && len(got.Data) == 0 {
			got.Key, got.Data = nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// No row that is cut off, too long or of another form is taken for one.
func TestDamagedRow(t *testing.T) {
	whole := rows()[1].Encode()
	bad := [][]byte{append(bytes.Clone(whole), 0), append([]byte{2}, whole[1:]...)}
	for n := range whole {
		bad = append(bad, whole[:n])
	}
	for _, raw := range bad {
		if r, err := Decode(raw); !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("%x is %+v, %v", raw, r, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, r := range rows() {
		f.Add(r.Encode())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Decode(raw)
		if err != nil {
			return
		}
		again, err := Decode(r.Encode())
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%+v becomes %+v, %v", r, again, err)
		}
	})
}

// Which event a timer's is depends on what set it, not on what the set and the place among its
// results are called.
func TestSets(t *testing.T) {
	r := &Row{ID: "app/log/topic/with/slashes/0/7/Set/0"}
	for id, want := range map[string]bool{
		"app/log/topic/with/slashes/0/7/Set/0":   true,
		"app/log/topic/with/slashes/0/7/Other/4": true,
		"app/log/topic/with/slashes/0/70/Set/0":  false,
		"app/log/topic/with/slashes/0/8/Set/0":   false,
		"app2/log/topic/with/slashes/0/7/Set/0":  false,
		"7":                                      false,
		"Set/0":                                  false,
		"":                                       false,
	} {
		if got := r.Sets(id); got != want {
			t.Errorf("%s: %t", id, got)
		}
	}
	if (&Row{ID: "x"}).Sets("x") {
		t.Error("an ID without parts names nobody")
	}
}

// Entries that wait are in the order of partition and time, and ranges have what is due.
func TestEntries(t *testing.T) {
	at := func(topic string, number int32, due time.Time) []byte {
		r := &Row{Due: due, Position: brook.Position{Topic: topic, Partition: number}}
		return r.EntryKey(nil, RowKey(nil, "type", []byte("key")))
	}
	times := []time.Time{
		{}, time.Unix(-1, 0), time.Unix(0, 0), time.Unix(0, 1), time.Unix(0, 999_999_999),
		time.Unix(1, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	var last []byte
	for _, topic := range []string{"a", "aa", "b"} {
		for number := range int32(2) {
			for _, due := range times {
				e := at(topic, number, due)
				if bytes.Compare(last, e) >= 0 {
					t.Errorf("%s/%d at %s does not follow", topic, number, due)
				}
				last = e
				got, err := DecodeEntry(e)
				if err != nil || got.Partition != (partition.ID{Topic: topic, Number: number}) ||
					!got.Due.Equal(due) {
					t.Errorf("%s/%d at %s is %+v, %v", topic, number, due, got, err)
				}
				if typ, err := TypeOf(got.Row); typ != "type" || err != nil {
					t.Errorf("it is of type %q, %v", typ, err)
				}
				if !Waits(e) || !within(e)(Waiting()) || within(e)(Published()) {
					t.Error("it does not wait")
				}
				from, to := WaitingOf(partition.ID{Topic: "a", Number: 1})
				if got := within(e)(from, to); got != (topic == "a" && number == 1) {
					t.Errorf("%s/%d is of a/1: %t", topic, number, got)
				}
				from, to = DueOf(partition.ID{Topic: "a", Number: 1}, time.Unix(0, 1))
				if got := within(e)(from, to); got !=
					(topic == "a" && number == 1 && !due.After(time.Unix(0, 1))) {
					t.Errorf("%s/%d at %s is due: %t", topic, number, due, got)
				}
			}
		}
	}
	sent := &Row{Published: true}
	row := RowKey(nil, "type", []byte("key"))
	e := sent.EntryKey(nil, row)
	if Waits(e) || !within(e)(Published()) || within(e)(Waiting()) || !bytes.Equal(RowOf(e), row) {
		t.Errorf("the entry of a published timer is %x", e)
	}
	for _, bad := range [][]byte{nil, {}, {0}, {2}, {0, 'a'}, e} {
		if got, err := DecodeEntry(bad); !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("%x is %+v, %v", bad, got, err)
		}
	}
}

func within(e []byte) func(from, to []byte) bool {
	return func(from, to []byte) bool {
		return bytes.Compare(from, e) <= 0 && bytes.Compare(e, to) < 0
	}
}
