package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/brookgen/brookgen/runtime/internal/stored"
	"github.com/dgraph-io/badger/v4"
)

// purge is history to delete, which no reader can see any more.
type purge struct {
	table uint32
	key   []byte
	life  uint64
	large bool
	runs  []run
}

// purgeStep is how many keys the purger deletes in one commit, so that other commits
// do not wait long.
const purgeStep = 500

// encode appends: table (4 bytes), life (8), flags (1: large entries), length of
// the key, key, runs.
func (p *purge) encode(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, p.table)
	dst = binary.BigEndian.AppendUint64(dst, p.life)
	flags := byte(0)
	if p.large {
		flags = 1
	}
	dst = append(dst, flags)
	dst = stored.AppendKey(dst, p.key)
	return encodeRuns(dst, p.runs)
}

func decodePurge(data []byte) (p purge, err error) {
	failed := fmt.Errorf("%w: a record of what is to be deleted does not decode", ErrDamaged)
	if len(data) < 13 {
		return p, failed
	}
	p.table, p.life, p.large = binary.BigEndian.Uint32(data), binary.BigEndian.Uint64(data[4:]),
		data[12] == 1
	d := stored.NewDecoder(data[13:])
	p.key = d.Key()
	if d.Failed() {
		return p, failed
	}
	if p.runs, err = decodeRuns(d.Rest()); err != nil {
		return p, failed
	}
	return p, nil
}

func (g *group) deferPurge(p purge) {
	key := appendPrefix(g.bytes.take(prefixLen+12), 0, kindPurge)
	key = binary.BigEndian.AppendUint64(key, g.ts)
	key = binary.BigEndian.AppendUint32(key, g.purges)
	g.purges++
	g.set(key, p.encode(g.bytes.take(13+binary.MaxVarintLen32+len(p.key)+runsSize(p.runs))), 0)
	g.purge = true
}

// purger deletes in the background what nobody can see. It ends when the store is closed. What is
// left is deleted after the next open.
func (s *Store) purger() {
	defer s.workers.Done()
	for {
		select {
		case <-s.purgeDue:
		case <-s.stop:
			return
		}
		for {
			more, err := s.purgeSome()
			if err != nil {
				if s.usable() == nil {
					s.log.Error("badgerstore: what was dropped can't be deleted", "dir", s.dir,
						"error", err)
				}
				break
			}
			if !more {
				break
			}
		}
	}
}

func (s *Store) wakePurger() {
	select {
	case s.purgeDue <- struct{}{}:
	default:
	}
}

var errFound = errors.New("found")

// purgeSome deletes some of what is to be deleted, and reports whether there was anything.
func (s *Store) purgeSome() (more bool, err error) {
	in, err := s.enter()
	if err != nil {
		return false, err
	}
	defer in.leave()
	var do func(*group) error
	err = eachKey(in.txn, 0, kindPurge, func(rest, value []byte) error {
		p, err := decodePurge(append([]byte(nil), value...))
		if err != nil {
			return err
		}
		record := appendKey(nil, 0, kindPurge, rest)
		do = func(g *group) error { return g.purgeHistory(record, p) }
		return errFound
	})
	if err == nil {
		err = eachKey(in.txn, 0, kindDropped, func(rest, _ []byte) error {
			number := binary.BigEndian.Uint32(rest)
			keys := keysOf(in.txn, number, purgeStep)
			do = func(g *group) error {
				for _, key := range keys {
					g.remove(key)
				}
				if len(keys) < purgeStep {
					g.remove(droppedKey(nil, number))
				}
				return nil
			}
			return errFound
		})
	}
	if do == nil || err != nil && !errors.Is(err, errFound) {
		return false, err
	}
	c := commits.Get().(*commit)
	defer c.release()
	c.do = do
	return true, s.run(context.Background(), c)
}

// purgeHistory deletes a part of p, and with the last part its record.
func (g *group) purgeHistory(record []byte, p purge) error {
	left := make([]run, 0, len(p.runs))
	n := 0
	for _, r := range p.runs {
		for ; r.first < r.next && n < purgeStep; n++ {
			if err := g.removeEntry(p.table, p.key, p.life, p.large, r.typ, r.first); err != nil {
				return err
			}
			r.first++
		}
		if r.first < r.next {
			left = append(left, r)
		}
	}
	if len(left) == 0 {
		g.remove(record)
		return nil
	}
	p.runs = left
	g.set(record, p.encode(nil), 0)
	return nil
}

// keysOf returns up to n keys of a table, of any kind.
func keysOf(txn *badger.Txn, number uint32, n int) (keys [][]byte) {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: binary.BigEndian.AppendUint32(nil,
		number)})
	defer it.Close()
	for it.Rewind(); it.Valid() && len(keys) < n; it.Next() {
		keys = append(keys, it.Item().KeyCopy(nil))
	}
	return keys
}
