package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// RunBackup checks a store that is a brook.Backuper, and what is restored of its backups. Each call
// of open returns an empty store, and each call of restore one that is made of a backup; both have
// t.Cleanup close it.
func RunBackup(t *testing.T, open func(t *testing.T) brook.Store,
	restore func(t *testing.T, backup io.Reader) brook.Store, options ...Option) {
	s := suite{open: open}
	for _, option := range options {
		option(&s)
	}
	b := backups{suite: &s, restore: restore}
	t.Run("Random", b.random)
	t.Run("OneInstant", b.oneInstant)
	t.Run("Empty", b.empty)
	t.Run("WriterFails", b.writerFails)
}

type backups struct {
	suite   *suite
	restore func(t *testing.T, backup io.Reader) brook.Store
}

func (b backups) fixture(t *testing.T) *fixture { return newFixture(t, b.suite, b.suite.open(t)) }

// restored returns the store of a backup.
func (b backups) restored(f *fixture, backup []byte) *fixture {
	f.Helper()
	store := b.restore(f.T, bytes.NewReader(backup))
	r, ok := store.(brook.Restored)
	if !ok || r.Restoration() == "" {
		f.Errorf("a restored store is no brook.Restored, or has no ID of its restoration")
	}
	return newFixture(f.T, b.suite, store)
}

// backup returns a backup of the store.
func (f *fixture) backup() []byte {
	f.Helper()
	var out bytes.Buffer
	if err := f.store.(brook.Backuper).Backup(f.ctx, &out); err != nil {
		f.Fatalf("Backup: %v", err)
	}
	return out.Bytes()
}

// random: a restored store holds what the backed up one did, and goes on as that would; both a
// backup of a backup and a table that was dropped in between.
func (b backups) random(t *testing.T) {
	f, m := b.fixture(t), newModel()
	ids := map[string]bool{}
	for seed := range uint64(4) {
		random(f, m, seed, 40)
		if d, ok := f.store.(brook.Dropper); ok && seed == 2 {
			if err := d.Drop(f.ctx, f.docs); err != nil {
				f.Fatalf("Drop: %v", err)
			}
			clear(m.tables[0])
		}
		f = b.restored(f, f.backup())
		m.check(f, f.store.Latest())
		ids[f.store.(brook.Restored).Restoration()] = true
	}
	random(f, m, 9, 40)
	if len(ids) != 4 {
		t.Errorf("four restorations have %d IDs", len(ids))
	}
}

// committing is a writer that has something committed at each write, and so while the backup is
// under way.
type committing struct {
	bytes.Buffer
	commit func()
}

func (w *committing) Write(data []byte) (int, error) {
	w.commit()
	return w.Buffer.Write(data)
}

// oneInstant: a backup is of one instant, whatever is committed and dropped while it is made.
func (b backups) oneInstant(t *testing.T) {
	f := b.fixture(t)
	const rows = 3000
	at := 0
	commit := func() {
		at++
		var batch []brook.Write
		for i := range rows {
			key := fmt.Sprintf("%05d", i)
			batch = append(batch, put(f.bytes, key, fmt.Appendf(nil, "%0200d", at)))
			if i%10 == 0 {
				batch = append(batch, put(f.docs, key, newDoc(at), event("many", at)))
			}
		}
		f.commit(batch...)
	}
	commit()
	commit()
	began, out := at, &committing{commit: commit}
	if err := f.store.(brook.Backuper).Backup(f.ctx, out); err != nil {
		t.Fatal(err)
	}
	if at == began {
		t.Fatal("nothing was committed during the backup")
	}
	r := b.restored(f, out.Bytes())
	for _, i := range []int{0, 10, rows - 10} {
		key := fmt.Sprintf("%05d", i)
		r.wantValue(r.store.Latest(), r.docs, key, newDoc(began))
		r.wantHistory(r.store.Latest(), r.docs, key, events("many", 1, began+1)...)
	}
	n := 0
	for row, err := range r.store.Latest().Scan(f.ctx, r.bytes, nil, nil) {
		if want := fmt.Sprintf("%0200d", began); err != nil || string(row.Value.Data.([]byte)) != want {
			t.Fatalf("row %q is %s, %v; want %s", row.Key, row.Value.Data, err, want)
		}
		n++
	}
	if n != rows {
		t.Errorf("%d rows, want %d", n, rows)
	}
}

// empty: a store in which nothing was committed has a backup too.
func (b backups) empty(t *testing.T) {
	f := b.fixture(t)
	f = b.restored(f, f.backup())
	newModel().check(f, f.store.Latest())
	f.commit(put(f.docs, "k", newDoc(1)))
	f.wantValue(f.store.Latest(), f.docs, "k", newDoc(1))
}

// failing is a writer that fails behind so many bytes.
type failing int

var errFailing = errors.New("storetest: the writer fails")

func (w *failing) Write(data []byte) (int, error) {
	if *w -= failing(len(data)); *w < 0 {
		return 0, errFailing
	}
	return len(data), nil
}

// writerFails: an error of the writer ends the backup, and so does the context; the store goes on.
func (b backups) writerFails(t *testing.T) {
	f := b.fixture(t)
	for i := range 500 {
		f.commit(put(f.bytes, fmt.Sprint(i), bytes.Repeat([]byte("v"), 1000)))
	}
	store, whole := f.store.(brook.Backuper), len(f.backup())
	for _, n := range []int{0, whole / 3, whole - 1} {
		w := failing(n)
		if err := store.Backup(f.ctx, &w); !errors.Is(err, errFailing) {
			t.Errorf("a writer that fails behind %d of %d bytes: %v", n, whole, err)
		}
	}
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	if err := store.Backup(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	f.commit(put(f.docs, "k", newDoc(1)))
	f.wantValue(f.store.Latest(), f.docs, "k", newDoc(1))
}
