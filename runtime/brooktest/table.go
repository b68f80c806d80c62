package brooktest

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// table is a collection made from a map.
type table[K comparable, V any] struct {
	def    typed.Collection[K, V]
	store  *mapstore.Store
	tables []brook.Table // the rows, then the indexes
	batch  brook.Batch
}

// newTable describes the collection of a map of rows as the generator would.
func newTable[K comparable, V any](rows map[K]V) (*table[K, V], error) {
	k, err := keyTypeOf(reflect.TypeFor[K]())
	if err != nil {
		return nil, err
	}
	t := &table[K, V]{store: mapstore.New()}
	t.def = typed.Collection[K, V]{
		Name:      strings.ToLower(reflect.TypeFor[V]().Name()),
		Shape:     k.shape(),
		Fields:    k.fields,
		AppendKey: func(dst []byte, v K) []byte { return k.append(dst, reflect.ValueOf(v)) },
		DecodeKey: func(encoded []byte) (v K, err error) {
			err = k.decode(encoded, reflect.ValueOf(&v).Elem())
			return v, err
		},
		Clone: clone[V],
	}
	if err := t.grow(); err != nil {
		return nil, err
	}
	keys := keyFieldOf[K, V]()
	for at, value := range rows {
		row := new(V)
		if err := clone(row, &value); err != nil {
			return nil, fmt.Errorf("row %v: %w", at, err)
		}
		keys.fill(row, at)
		t.put(0, t.def.AppendKey(nil, at), row)
	}
	return t, nil
}

// grow adds a table to the store.
func (t *table[K, V]) grow() error {
	own, err := t.store.Table(context.Background(),
		brook.TableSpec{Name: fmt.Sprint("table ", len(t.tables))})
	t.tables = append(t.tables, own)
	return err
}

func (t *table[K, V]) put(number int, key []byte, value any) {
	t.batch.Writes = append(t.batch.Writes,
		brook.Write{Table: t.tables[number], Key: key, Value: value})
}

// view stores everything and returns the view of it.
func (t *table[K, V]) view() (v typed.View[K, V], err error) {
	if err := t.store.Commit(context.Background(), &t.batch); err != nil {
		return v, err
	}
	return typed.ViewOf(engine.StaticSource(t.store.Latest(), t.tables, t.def.Def()), 0, &t.def), nil
}
