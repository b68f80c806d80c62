package pebble

import (
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// badgerEngine is Badger with the options of runtime/badgerstore.
type badgerEngine struct {
	db  *badger.DB
	txn *badger.Txn
	ts  uint64
}

func openBadger(b *testing.B, dir string, sync bool) engine {
	o := badger.DefaultOptions(dir).WithLogger(nil).WithSyncWrites(sync)
	o.DetectConflicts = false
	o.MetricsEnabled = false
	o.NumCompactors = 2
	o.NumMemtables = 1
	o.MemTableSize = memtable
	o.BlockCacheSize = cache / 2
	o.IndexCacheSize = cache / 2
	o.BlockSize = 16 << 10
	o.ValueThreshold = 512 << 10
	o.ValueLogFileSize = 1 << 20
	o.ChecksumVerificationMode = options.OnBlockRead
	db, err := badger.OpenManaged(o)
	if err != nil {
		b.Fatal(err)
	}
	return &badgerEngine{db: db}
}

func (e *badgerEngine) begin() { e.txn = e.db.NewTransactionAt(e.ts, true) }

func (e *badgerEngine) set(key, value []byte) error {
	return e.txn.SetEntry(&badger.Entry{Key: key, Value: value})
}

func (e *badgerEngine) remove(key []byte) error { return e.txn.Delete(key) }

func (e *badgerEngine) commit() error {
	e.ts++
	err := e.txn.CommitAt(e.ts, nil)
	e.txn.Discard()
	e.db.SetDiscardTs(e.ts)
	return err
}

func (e *badgerEngine) get(key, dst []byte) ([]byte, error) {
	txn := e.db.NewTransactionAt(e.ts, false)
	defer txn.Discard()
	item, err := txn.Get(key)
	if err != nil {
		return nil, err
	}
	return item.ValueCopy(dst)
}

func (e *badgerEngine) scan(prefix []byte) (n int, err error) {
	txn := e.db.NewTransactionAt(e.ts, false)
	defer txn.Discard()
	o := badger.DefaultIteratorOptions
	o.Prefix = prefix
	it := txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if err := it.Item().Value(func([]byte) error { return nil }); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (e *badgerEngine) close() error { return e.db.Close() }
