package badgerstore

import (
	"errors"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// The ring notices a commit that is missing among the newest, wherever it is, and goes round.
func TestRing(t *testing.T) {
	s := openTest(t, t.TempDir())
	s.slots = 50
	rows := tableOf(t, s, nil)
	check := func() error {
		in, err := s.enter()
		if err != nil {
			t.Fatal(err)
		}
		defer in.leave()
		return errors.Join(s.checkRing(in.txn, in.ts, true), s.checkRing(in.txn, in.ts, false))
	}
	for i := range 120 {
		commitTo(t, s, brook.Write{Table: rows, Key: fmt.Append(nil, i), Value: []byte("v")})
		if err := check(); err != nil {
			t.Fatalf("after %d commits: %v", i, err)
		}
	}
	in, err := s.enter()
	if err != nil {
		t.Fatal(err)
	}
	defer in.leave()
	for n := in.ts + 1; n < in.ts+10; n++ { // as if some were lost before n
		if err := s.checkWholeRing(in.txn, n); !errors.Is(err, ErrDamaged) {
			t.Errorf("up to %d of %d: %v", n, in.ts, err)
		}
		if err := s.checkRing(in.txn, n, false); !errors.Is(err, ErrDamaged) {
			t.Errorf("up to %d of %d: %v", n, in.ts, err)
		}
	}
	if err := s.checkWholeRing(in.txn, in.ts-1); !errors.Is(err, ErrDamaged) {
		t.Errorf("one more than the last: %v", err)
	}
}

// Commits are padded so that the logs of all memtables hold no more of them than the ring.
func TestMinCommit(t *testing.T) {
	for _, memory := range []int64{minMemory, DefaultMemory, 100 << 30} {
		c := config{limit: memory}
		o := c.badger("", nil)
		if all := minCommit(o) * ringSize; all < int64(o.NumMemtables+2)*o.MemTableSize*115/100 {
			t.Errorf("with %d bytes of memory the ring covers %d bytes of logs", memory, all)
		}
	}
}

// After a write that failed half-way the store refuses everything.
func TestBroken(t *testing.T) {
	s := openTest(t, "")
	rows := tableOf(t, s, nil)
	commitTo(t, s, brook.Write{Table: rows, Key: []byte("k"), Value: []byte("v")})
	why := errors.New("the disk is gone")
	_ = s.fail(why)
	err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: rows, Value: []byte("v")}}})
	if !errors.Is(err, ErrBroken) || !errors.Is(err, why) {
		t.Errorf("Commit: %v", err)
	}
	if _, err := s.Latest().Get(t.Context(), rows, []byte("k")); !errors.Is(err, ErrBroken) {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Snapshot(t.Context()); !errors.Is(err, ErrBroken) {
		t.Errorf("Snapshot: %v", err)
	}
}

// Close reports what is still open, and can be called again.
func TestCloseWaits(t *testing.T) {
	s := openTest(t, t.TempDir())
	s.closeWait = 20 * time.Millisecond
	rows := tableOf(t, s, nil)
	var snaps []brook.Snapshot
	for i := range 3 {
		commitTo(t, s, brook.Write{Table: rows, Key: []byte{byte(i)}, Value: []byte("v")})
		snap, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		snaps = append(snaps, snap)
	}
	for i, snap := range snaps {
		if err := s.Close(); err == nil {
			t.Fatalf("closed with %d snapshots", 3-i)
		} else if i == 0 {
			t.Log(err)
		}
		if _, err := snap.Get(t.Context(), rows, []byte{0}); !errors.Is(err, ErrClosed) {
			t.Errorf("Get: %v", err)
		}
		if err := snap.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
