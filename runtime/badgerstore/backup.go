package badgerstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// Backup writes to w all that the store holds at one instant, with whatever is committed meanwhile:
// the tables of all apps. [Restore] makes a store of it, and refuses what is cut off or damaged. The
// format has a version, checksums, and no compression.
//
// It takes the memory of a block of entries, 1 MB, whatever the size of the store. First it reads
// all files and checks their sums, since an entry that can't be read would be missing: the error is
// [ErrDamaged] then. What is superseded while it runs stays on the disk. Several backups may run at
// the same time. An error of w ends it, and so does the end of ctx.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer in.leave()
	if err := s.verifyFiles(); err != nil {
		return err
	}
	out, err := newBackupWriter(w, in.ts)
	if err == nil {
		err = s.backUp(ctx, in.txn, out)
	}
	if err == nil {
		err = out.End()
	}
	if err != nil {
		return fmt.Errorf("badgerstore: back up %s: %w", s.dir, err)
	}
	return nil
}

// verifyFiles checks the sums of all tables.
func (s *Store) verifyFiles() (err error) {
	defer func() {
		if r := recover(); r != nil { // Badger takes a block that it could not read for one
			err = fmt.Errorf("%w: %s: a file does not decode: %.200s", ErrDamaged, s.dir,
				strings.Join(strings.Fields(fmt.Sprint(r)), " "))
		}
	}()
	if err := s.db.VerifyChecksum(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, s.dir, err)
	}
	return nil
}

// backUp writes the entries of an instant, without those of dropped tables and without the traces of
// commits, which a restore makes anew.
func (s *Store) backUp(ctx context.Context, txn *badger.Txn, out *backupWriter) error {
	dropped := map[uint32]bool{}
	err := eachKey(txn, 0, kindDropped, func(rest, _ []byte) error {
		if len(rest) != 4 {
			return fmt.Errorf("%w: a dropped table has no number", ErrDamaged)
		}
		dropped[binary.BigEndian.Uint32(rest)] = true
		return nil
	})
	if err != nil {
		return err
	}
	it := txn.NewIterator(badger.IteratorOptions{})
	defer it.Close()
	it.Rewind()
	for n := 0; it.Valid(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		item := it.Item()
		key := item.Key()
		if len(key) < prefixLen {
			return fmt.Errorf("%w: a key of %d bytes", ErrDamaged, len(key))
		}
		switch number := binary.BigEndian.Uint32(key); {
		case number == 0 && !backedUp(key[4]):
			it.Seek(appendPrefix(nil, 0, key[4]+1))
			continue
		case dropped[number]:
			it.Seek(binary.BigEndian.AppendUint32(nil, number+1))
			continue
		}
		err := item.Value(func(value []byte) error { return out.add(key, item.UserMeta(), value) })
		if err != nil {
			return err
		}
		it.Next()
	}
	return nil
}

// backedUp reports whether a backup has the entries of a kind of the store's own.
func backedUp(kind byte) bool {
	switch kind {
	case kindLayout, kindTable, kindType, kindPurge:
		return true
	}
	return false
}
