package deadletter

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Notes of dropped letters are read by later versions: their form is fixed.
func TestStoredDropped(t *testing.T) {
	l := whole()
	writes := l.WriteDropped("t")
	want(t, "writes", len(writes), 1)
	want(t, "key", string(writes[0].Key), string(l.AppendKey(nil)))
	want(t, "value", valueOf(writes[0]), `{"Type":"type","ID":"id"}`)
	d, err := DecodeDropped(rowOf(writes[0]))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "note", d, Dropped{Type: "type", ID: "id", Position: in, Set: "set"})

	l.ID = strings.Repeat("i", 5000)
	if n := len(valueOf(l.WriteDropped("t")[0])); n > maxName+100 {
		t.Errorf("a long ID takes %d bytes", n)
	}
	emission, processed := whole(), whole()
	emission.Stage = brook.StageEmit
	processed.Position = brook.Position{}
	for _, l := range []Letter{emission, processed} {
		want(t, "writes of what no rebuild meets", len(l.WriteDropped("t")), 0)
	}
}

func rowOf(w brook.Write) brook.Row {
	return brook.Row{Key: w.Key, Value: brook.Value{Data: w.Value}}
}

// What is damaged in the store ends Run: no other try reads it.
func FuzzDecodeDropped(f *testing.F) {
	l := whole()
	w := l.WriteDropped("t")[0]
	whole := []byte(valueOf(w))
	f.Add(w.Key, whole)
	f.Add(w.Key[:3], whole)
	f.Add(append(w.Key[:len(w.Key):len(w.Key)], 1), whole)
	f.Add([]byte(nil), whole)
	f.Add(w.Key, whole[:5])
	f.Add(w.Key, []byte(`{"Type":1}`))
	f.Add(w.Key, []byte{})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		_, err := DecodeDropped(brook.Row{Key: key, Value: brook.Value{Data: value}})
		if err != nil && !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("%v is tried again", err)
		}
	})
}
