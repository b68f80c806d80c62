package badgerstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// Restore makes a store in a directory of a backup that [Store.Backup] wrote. The directory must be
// empty, or not exist: Restore never changes a store. It works in a directory beside it, whose name
// begins with that of dir and ".restoring-", checks all of the backup, opens the store once, and
// renames it last: whatever goes wrong, there is no half of a store in dir. A process that is killed
// leaves the other directory, which may be deleted.
//
// The error is [ErrBackup] if the backup is cut off, damaged or none, [ErrLayout] if a later version
// wrote it, [ErrFull] if the disk has too little room, fs.ErrExist (wrapped) if there is something in
// dir, and else that of r or of the system. Of the options, [Memory] and [Log] count.
//
// The apps of the restored store go on from where it stands: they fold what the log has since, so
// that the views are as if nothing had happened. What they published, ran and did since the backup
// happens again: emissions and jobs with the same IDs, by which receivers drop repeats. What was
// done beside the log since then (Process, Redrive, Drop) is not in the store.
func Restore(ctx context.Context, r io.Reader, dir string, opts ...Option) (err error) {
	c := config{limit: DefaultMemory}
	for _, option := range opts {
		option(&c)
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if dir == "" || c.memory || c.readOnly {
		return errors.New("badgerstore: a store is restored into a directory, and not read-only")
	}
	dir = filepath.Clean(dir)
	if err := vacant(dir); err != nil {
		return err
	}
	from, err := newBackupReader(r)
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	beside, err := os.MkdirTemp(parent, filepath.Base(dir)+".restoring-")
	if err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	defer func() {
		if rerr := os.RemoveAll(beside); rerr != nil && err == nil {
			err = fmt.Errorf("badgerstore: %w", rerr)
		}
	}()
	if err := restore(ctx, from, beside, &c); err != nil {
		return err
	}
	made, err := Open(beside, append(opts[:len(opts):len(opts)], ReadOnly())...)
	if errors.Is(err, brook.ErrPermanent) {
		return fmt.Errorf("%w: what it holds is no store: %w", ErrBackup, err)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(made.Close(), syncFiles(beside), ctx.Err()); err != nil {
		return err
	}
	return install(beside, dir)
}

// vacant returns an error if there is something in a directory.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("badgerstore: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("badgerstore: restore into %s: there is something in it (%s): "+
			"name a directory that is empty or does not exist: %w", dir, entries[0].Name(), fs.ErrExist)
	}
	return nil
}

// restore fills a new database with a backup.
func restore(ctx context.Context, from *backupReader, dir string, c *config) (err error) {
	s := &Store{dir: dir, log: c.log, slots: ringSize}
	log := &badgerLog{log: c.log, dir: dir}
	o := c.badger(dir, log)
	o.SyncWrites = false // files are synced in the end
	if err := s.openBadger(o, log); err != nil {
		return err
	}
	defer func() {
		if cerr := s.db.Close(); cerr != nil && err == nil {
			err = fmt.Errorf("badgerstore: close %s: %w", dir, cerr)
		}
	}()
	to := &restorer{Store: s, batch: s.db.NewManagedWriteBatch(), commit: from.commit}
	defer to.batch.Cancel()
	to.batch.SetMaxPendingTxns(2)
	if err := to.ring(ctx); err != nil {
		return err
	}
	if err := to.all(ctx, from); err != nil {
		return err
	}
	if err := to.batch.Flush(); err != nil {
		return fmt.Errorf("badgerstore: restore %s: %w", dir, err)
	}
	return nil
}

// restorer writes the entries of a backup into a new store.
type restorer struct {
	*Store
	batch  *badger.WriteBatch
	commit uint64 // of which all entries get the number
	n      int
}

// put writes an entry. It keeps neither key nor value.
func (t *restorer) put(ctx context.Context, version uint64, key []byte, meta byte, value []byte) error {
	if t.n++; t.n%1024 == 1 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := t.room(int64(len(key)+len(value)), false); err != nil {
		return err
	}
	both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
	e := &badger.Entry{Key: both[:len(key):len(key)], Value: both[len(key):], UserMeta: meta}
	if err := t.batch.SetEntryAt(e, version); err != nil {
		return fmt.Errorf("badgerstore: restore %s: %w", t.dir, err)
	}
	return nil
}

// ring writes the traces of the last commits: see ring.go.
func (t *restorer) ring(ctx context.Context) error {
	var key []byte
	for n := t.commit - min(t.commit, t.slots) + 1; n <= t.commit && n != 0; n++ {
		key = t.appendRingKey(key[:0], n)
		if err := t.put(ctx, n, key, 0, nil); err != nil {
			return err
		}
	}
	return nil
}

// all writes all entries of a backup, and that they come from one.
func (t *restorer) all(ctx context.Context, from *backupReader) error {
	for {
		key, meta, value, err := from.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(key) < prefixLen || len(key) > 65_000 || len(value) > 2*largestPiece ||
			binary.BigEndian.Uint32(key) == 0 && !backedUp(key[4]) ||
			bytes.HasPrefix(key, []byte("!badger!")) { // Badger's own
			return from.damaged("is none of a store")
		}
		if err := t.put(ctx, t.commit, key, meta, value); err != nil {
			return err
		}
	}
	id := []byte(rand.Text())
	return t.put(ctx, t.commit, appendPrefix(nil, 0, kindRestored), 0, id)
}

// syncFiles brings the files of a directory to the disk.
func syncFiles(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	for _, e := range entries {
		if err := syncFile(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return syncFile(dir)
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	err = f.Sync()
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	return nil
}

// install renames a directory to one that is empty, or does not exist.
func install(from, to string) error {
	err := os.Remove(to) // not if it holds something
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("badgerstore: restore: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("badgerstore: restore: %w", err)
	}
	return syncFile(filepath.Dir(to))
}
