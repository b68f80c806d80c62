package badgerstore

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A value that claims to be huge, because it is damaged, takes no memory for what is not there.
func TestDamagedPiecesClaimLittle(t *testing.T) {
	s, err := Open("", InMemory())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h, err := s.Table(t.Context(), brook.TableSpec{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: h, Key: []byte("k"),
			Value: make([]byte, 3*pieceSize)}}}); err != nil {
		t.Fatal(err)
	}
	for _, pieces := range []uint64{maxPieces, maxPieces + 1, 1 << 20} {
		c := commits.Get().(*commit)
		c.do = func(g *group) error {
			whole := binary.AppendUvarint(nil, pieces)
			g.set(appendKey(nil, h.(*handle).state.number, kindRow, []byte("k")),
				binary.AppendUvarint(whole, pieces*pieceSize), metaPieces)
			return nil
		}
		err := s.run(t.Context(), c)
		c.release()
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = s.Latest().Get(t.Context(), h, []byte("k"))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%d pieces: %v", pieces, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
			t.Errorf("%d pieces that are not there take %d bytes of memory", pieces, n)
		}
	}
}
