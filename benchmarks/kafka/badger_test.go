package kafka

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
	"github.com/dgraph-io/badger/v4"
)

// keeper folds the payments of one partition into Badger: a transaction for every so many, with the
// offset in it.
type keeper struct {
	db   *badger.DB
	tx   *badger.Txn
	next int64
	at   []byte // where the offset is
}

func offsetKey(partition int32) []byte { return []byte{'o', byte(partition)} }

func (k *keeper) record(m *sarama.ConsumerMessage) error {
	if k.tx == nil {
		k.tx = k.db.NewTransaction(true)
	}
	var p accounts.Paid
	if err := json.Unmarshal(m.Value, &p); err != nil {
		return err
	}
	var balance accounts.Balance
	key := append([]byte{'b'}, p.Account...)
	item, err := k.tx.Get(key)
	switch {
	case errors.Is(err, badger.ErrKeyNotFound):
		balance.Account = p.Account
	case err != nil:
		return err
	default:
		if err := item.Value(func(row []byte) error {
			return json.Unmarshal(row, &balance)
		}); err != nil {
			return err
		}
	}
	balance.Add(p)
	row, err := json.Marshal(&balance)
	if err != nil {
		return err
	}
	k.next = m.Offset + 1
	return k.tx.Set(key, row)
}

func (k *keeper) flush() error {
	if k.tx == nil {
		return nil
	}
	if err := k.tx.Set(k.at, binary.BigEndian.AppendUint64(nil, uint64(k.next))); err != nil {
		return err
	}
	tx := k.tx
	k.tx = nil
	return tx.Commit()
}

// keepByHand is a consumer group with encoding/json and Badger. It goes on from the offsets that it
// finds there.
func keepByHand(sync bool) func(*testing.B, *topic) (summary, time.Duration) {
	return func(b *testing.B, t *topic) (summary, time.Duration) {
		dir, err := os.MkdirTemp("", "bench")
		if err != nil {
			b.Fatal(err)
		}
		defer os.RemoveAll(dir)
		db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil).WithSyncWrites(sync).
			WithDetectConflicts(false))
		if err != nil {
			b.Fatal(err)
		}
		m := &member{topic: t,
			claim: func(p int32) (claimer, error) { return &keeper{db: db, at: offsetKey(p)}, nil },
			resume: func(p int32) (next int64, err error) {
				err = db.View(func(tx *badger.Txn) error {
					item, err := tx.Get(offsetKey(p))
					if err != nil {
						return err
					}
					return item.Value(func(value []byte) error {
						next = int64(binary.BigEndian.Uint64(value))
						return nil
					})
				})
				if errors.Is(err, badger.ErrKeyNotFound) {
					return 0, nil
				}
				return next, err
			}}
		taken := m.run(b)
		sum := kept(b, db)
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		return sum, taken
	}
}

// kept reads what is in the database.
func kept(b *testing.B, db *badger.DB) summary {
	b.Helper()
	sum := summary{balances: map[string]*accounts.Balance{}}
	err := db.View(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{PrefetchValues: true, PrefetchSize: 100, Prefix: []byte{'b'}})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			balance := new(accounts.Balance)
			if err := it.Item().Value(func(row []byte) error {
				return json.Unmarshal(row, balance)
			}); err != nil {
				return err
			}
			sum.balances[balance.Account] = balance
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
