package pebble

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// pebbleEngine is Pebble with as much memory as Badger has.
type pebbleEngine struct {
	db     *pebble.DB
	batch  *pebble.Batch
	option *pebble.WriteOptions
}

type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

func openPebble(b *testing.B, dir string, sync bool) engine {
	blocks := pebble.NewCache(cache)
	defer blocks.Unref()
	o := &pebble.Options{Cache: blocks, MemTableSize: memtable, MemTableStopWritesThreshold: 3,
		Logger: silent{}, CompactionConcurrencyRange: func() (int, int) { return 1, 2 }}
	for i := range o.Levels {
		o.Levels[i].BlockSize = 16 << 10
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // as many false answers as with Badger
		o.Levels[i].FilterType = pebble.TableFilter
	}
	db, err := pebble.Open(dir, o)
	if err != nil {
		b.Fatal(err)
	}
	e := &pebbleEngine{db: db, option: pebble.NoSync}
	if sync {
		e.option = pebble.Sync
	}
	return e
}

func (e *pebbleEngine) begin() { e.batch = e.db.NewBatch() }

func (e *pebbleEngine) set(key, value []byte) error { return e.batch.Set(key, value, nil) }

func (e *pebbleEngine) remove(key []byte) error { return e.batch.Delete(key, nil) }

func (e *pebbleEngine) commit() error {
	if err := e.batch.Commit(e.option); err != nil {
		return err
	}
	return e.batch.Close()
}

func (e *pebbleEngine) get(key, dst []byte) ([]byte, error) {
	value, closer, err := e.db.Get(key)
	if err != nil {
		return nil, err
	}
	dst = append(dst[:0], value...)
	return dst, closer.Close()
}

func (e *pebbleEngine) scan(prefix []byte) (n int, err error) {
	end := append([]byte(nil), prefix...)
	end[len(end)-1]++
	it, err := e.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: end})
	if err != nil {
		return 0, err
	}
	for it.First(); it.Valid(); it.Next() {
		if _, err := it.ValueAndErr(); err != nil {
			return n, err
		}
		n++
	}
	return n, it.Close()
}

func (e *pebbleEngine) close() error { return e.db.Close() }
