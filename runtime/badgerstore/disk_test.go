package badgerstore_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// A disk that fills up ends in an error that is waited for, and not the process; removals still
// work, and all goes on once there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs",
		dir).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: a small file system can't be mounted, which takes root on Linux: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 100<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := badgerstore.Open(filepath.Join(dir, "store"), badgerstore.NoSync(),
		badgerstore.Memory(1), quiet(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { closed(t, s) }()
	table := bytesTable(t, s, "t")
	noise := rand.NewChaCha8([32]byte{2})
	fill := func() (n int, err error) {
		for ; err == nil && n < 600; n++ {
			value := make([]byte, 1<<20)
			_, _ = noise.Read(value)
			err = s.Commit(t.Context(),
				&brook.Batch{Writes: []brook.Write{{Table: table, Key: value[:8], Value: value}}})
		}
		return n, err
	}
	n, err := fill()
	if !errors.Is(err, badgerstore.ErrFull) || errors.Is(err, brook.ErrPermanent) {
		t.Fatalf("after %d MiB: %v, want ErrFull, which is not permanent", n, err)
	}
	t.Logf("after %d MiB: %v", n, err)
	if n < 50 {
		t.Errorf("only %d MiB were written to a disk of 300", n)
	}
	if err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: table, Key: []byte("none"),
			Op: brook.Remove}}}); err != nil {
		t.Errorf("a removal: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if n, err = fill(); n < 10 { // how many depends on what compactions hold just then
		t.Errorf("once there was more room, %d MiB: %v", n, err)
	}
	for _, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
	}
}
