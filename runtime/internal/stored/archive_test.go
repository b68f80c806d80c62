package stored_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/stored"
)

const magic = "an archive\n"

// archiveOf returns an archive of n records.
func archiveOf(t testing.TB, n, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	a, err := stored.NewArchiveWriter(&out, magic, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := a.Add(fmt.Appendf(nil, "%06d", i), bytes.Repeat([]byte{byte(i)}, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.End(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readArchive reads all of an archive.
func readArchive(r io.Reader) (records [][]byte, err error) {
	a, err := stored.NewArchiveReader(r, magic, 1)
	for err == nil {
		var record []byte
		if record, err = a.Next(); err == nil {
			records = append(records, bytes.Clone(record))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return records, err
}

// Records are read as they were written, whether they fill a block, more than one, or none.
func TestArchive(t *testing.T) {
	for _, c := range []struct{ n, size int }{{0, 0}, {1, 0}, {1, 3 << 20}, {60, 15 << 10}, {5000, 7}} {
		got, err := readArchive(bytes.NewReader(archiveOf(t, c.n, c.size)))
		if err != nil || len(got) != c.n {
			t.Fatalf("%d records of %d bytes: %d, %v", c.n, c.size, len(got), err)
		}
		for i, record := range got {
			want := append(fmt.Appendf(nil, "%06d", i), bytes.Repeat([]byte{byte(i)}, c.size)...)
			if !bytes.Equal(record, want) {
				t.Fatalf("%d records of %d bytes: record %d is another one", c.n, c.size, i)
			}
		}
	}
}

// An archive that is cut off anywhere, has a byte changed anywhere, or more behind it, is refused.
func TestArchiveDamaged(t *testing.T) {
	whole := archiveOf(t, 20, 15<<10) // two blocks
	refused := func(what string, data []byte) {
		t.Helper()
		if _, err := readArchive(bytes.NewReader(data)); !errors.Is(err, stored.ErrArchive) {
			t.Errorf("%s: %v, want ErrArchive", what, err)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		at := rnd.IntN(len(whole))
		if i < 140 { // head and end, byte by byte
			at = []int{i / 2, len(whole) - 1 - i/2}[i%2]
		}
		refused(fmt.Sprintf("cut off at %d of %d", at, len(whole)), whole[:at])
		changed := bytes.Clone(whole)
		changed[at] ^= 1 << rnd.IntN(8)
		_, err := readArchive(bytes.NewReader(changed))
		if !errors.Is(err, stored.ErrArchive) && !errors.Is(err, stored.ErrVersion) {
			t.Errorf("with byte %d of %d changed: %v", at, len(whole), err)
		}
	}
	refused("with a byte behind it", append(bytes.Clone(whole), 0))
	refused("twice", append(bytes.Clone(whole), whole...))
	refused("nothing", nil)
	refused("something else", []byte("PK\x03\x04 and more"))

	// Blocks that are whole, but not where they belong.
	head := len(magic) + 4
	block := 8 + int(binary.BigEndian.Uint32(whole[head:]))
	first, rest := whole[head:head+block], whole[head+block:]
	refused("without a block", append(bytes.Clone(whole[:head]), rest...))
	refused("with a block twice",
		append(append(bytes.Clone(whole[:head+block]), first...), rest...))
}

// A later version is told from damage, and a reader's own error from both.
func TestArchiveRefused(t *testing.T) {
	later := archiveOf(t, 1, 1)
	later[len(magic)+3]++
	if _, err := readArchive(bytes.NewReader(later)); !errors.Is(err, stored.ErrVersion) {
		t.Errorf("a later version: %v", err)
	}
	whole, lost := archiveOf(t, 50, 15<<10), errors.New("the connection is lost")
	for _, n := range []int{3, 13, 40, len(whole) / 2, len(whole)} {
		_, err := readArchive(io.MultiReader(bytes.NewReader(whole[:n]), failing{lost}))
		if !errors.Is(err, lost) || errors.Is(err, stored.ErrArchive) {
			t.Errorf("a reader that fails behind %d bytes: %v", n, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The writer's error is returned.
func TestArchiveWriterFails(t *testing.T) {
	lost := errors.New("the disk is full")
	if _, err := stored.NewArchiveWriter(failing{lost}, magic, 1); !errors.Is(err, lost) {
		t.Errorf("at the beginning: %v", err)
	}
}

// Whatever the bytes, reading them neither panics nor takes much more memory than they have.
func FuzzArchive(f *testing.F) {
	whole := archiveOf(f, 20, 200)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(whole[:len(magic)+4])
	f.Add(append(bytes.Clone(whole[:len(magic)+4]), 255, 255, 255, 255, 1, 2, 3, 4, 5))
	f.Fuzz(func(t *testing.T, data []byte) {
		var records [][]byte
		var err error
		n := allocated(func() { records, err = readArchive(bytes.NewReader(data)) })
		if n > 4<<20+uint64(16*len(data)) {
			t.Errorf("%d bytes of input allocate %d", len(data), n)
		}
		if err == nil && len(records) > len(data) {
			t.Errorf("%d records in %d bytes", len(records), len(data))
		}
	})
}
