package brooktest

import (
	"bytes"
	"context"
	"reflect"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

// Seed stores rows in a collection of an app without any event: it replaces what was at their keys,
// indexes find them, and watchers see them. If the value carries its key and that field is zero, it
// is set. The events of past become the rows' history.
//
//	brooktest.Seed(t, app.Views.Users, map[string]shop.User{"u1": {Email: "a@b.c"}})
//
// Seeded rows are not in the log: a rebuild, or a restart on a map store, loses them. An
// error ends the test.
func Seed[K comparable, V any](t TB, view brook.View[K, V], rows map[K]V, past ...brook.Outgoing) {
	t.Helper()
	reader, ok := readerOf(view)
	if !ok {
		t.Fatalf("brooktest: only the views of an app can be seeded: this is a %T", view)
	}
	k, err := keyTypeOf(reflect.TypeFor[K]())
	if err != nil {
		t.Fatalf("brooktest: Seed: %v", err)
	}
	appendKey := func(dst []byte, v K) []byte { return k.append(dst, reflect.ValueOf(v)) }
	_, _, def := reader.Place()
	err = engine.Seed(context.WithoutCancel(t.Context()), reader, func(table *brook.Rows) {
		brook.Apply(table, appendKey, creations(def, appendKey, rows)...)
	}, past...)
	if err != nil {
		t.Fatalf("brooktest: %v", err)
	}
}

// readerOf returns the reader that a generated view is, under another name.
func readerOf(view any) (*brook.RowReader, bool) {
	v, reader := reflect.ValueOf(view), reflect.TypeFor[*brook.RowReader]()
	if !v.IsValid() || !v.CanConvert(reader) {
		return nil, false
	}
	return v.Convert(reader).Interface().(*brook.RowReader), true
}

// creations returns changes that create rows, in key order.
func creations[K comparable, V any](
	def *brook.Collection, appendKey func([]byte, K) []byte, rows map[K]V,
) []brook.Change[K, V] {
	var zero K
	changes := make([]brook.Change[K, V], 0, len(rows))
	for k, value := range rows {
		if def.Key != nil {
			if at := def.Key(&value).(*K); *at == zero {
				*at = k
			}
		}
		changes = append(changes, brook.Create(k, value))
	}
	slices.SortFunc(changes, func(c, d brook.Change[K, V]) int {
		return bytes.Compare(appendKey(nil, c.Key()), appendKey(nil, d.Key()))
	})
	return changes
}
