package badger

import (
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// BenchmarkGet reads random rows: as bytes from the store, and from bare Badger. BenchmarkKeys does
// it through the typed view.
func BenchmarkGet(b *testing.B) {
	b.Run("store", func(b *testing.B) { bySize(b, getFromStore) })
	b.Run("bare", func(b *testing.B) { bySize(b, getFromBadger) })
}

var row = []byte(strings.Repeat("r", 60))

func getFromStore(b *testing.B, n int) {
	f := newFixture(b)
	t, err := f.store.Table(b.Context(), brook.TableSpec{Name: "bare"})
	if err != nil {
		b.Fatal(err)
	}
	batch := &brook.Batch{}
	for i := range n {
		batch.Writes = append(batch.Writes, brook.Write{Table: t, Key: []byte(id(i)), Value: row})
		if len(batch.Writes) == 10_000 || i == n-1 {
			if err := f.store.Commit(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch.Writes = batch.Writes[:0]
		}
	}
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		r := f.store.Latest()
		for id := range ids(b.N, n) {
			if _, err := r.Get(b.Context(), t, []byte(id)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func getFromBadger(b *testing.B, n int) {
	db := openBare(b, false)
	batch := db.NewWriteBatch()
	for i := range n {
		if err := batch.Set([]byte("1234r"+id(i)), row); err != nil {
			b.Fatal(err)
		}
	}
	if err := batch.Flush(); err != nil {
		b.Fatal(err)
	}
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for id := range ids(b.N, n) {
			err := db.View(func(txn *badger.Txn) error {
				item, err := txn.Get([]byte("1234r" + id))
				if err != nil {
					return err
				}
				_, err = item.ValueCopy(nil)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
