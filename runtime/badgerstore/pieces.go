package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// pieceSize is the largest value that is stored in one piece. It fits into a block: to build
// tables, Badger takes more than three times the memory for values that do not. Pieces also keep
// all values out of Badger's value log, which has to be compacted by hand and is not synced in step
// with the rest. Earlier versions of this package had pieces of largestPiece.
const (
	pieceSize    = 15 << 10
	largestPiece = 256 << 10
)

// pieceLen returns the size of the pieces of a value. The key is stored with each piece,
// so a long key has few.
func pieceLen(key []byte) int {
	if len(key) > 1<<10 {
		return largestPiece
	}
	return pieceSize
}

// maxPieces is more than fit into the largest commit. A value that claims more is damaged.
const maxPieces = maxMemtable / pieceSize

// setRow stores a row's value.
func (g *group) setRow(t *table, key, rest, value []byte) {
	if len(value) <= pieceLen(rest) {
		g.set(key, value, 0)
		return
	}
	if !t.staged.large {
		t.staged.large = true
		g.saveTable(t)
	}
	g.setPieces(key, t.staged.number, kindPiece, rest, value)
}

// setPieces stores a value in pieces: at key their number and the total length, and each piece.
func (g *group) setPieces(key []byte, number uint32, kind byte, rest, value []byte) {
	size := pieceLen(rest)
	n := (len(value) + size - 1) / size
	whole := binary.AppendUvarint(g.bytes.take(2*binary.MaxVarintLen64), uint64(n))
	g.set(key, binary.AppendUvarint(whole, uint64(len(value))), metaPieces)
	for i := range n {
		piece := value[i*size : min((i+1)*size, len(value))]
		g.set(appendPieceKey(g.bytes.take(prefixLen+len(rest)+pieceTail), number, kind, rest,
			uint32(i)), piece, 0)
	}
}

// removePieces deletes the pieces of the value at key, if it has some.
func (g *group) removePieces(key []byte, number uint32, kind byte, rest []byte) error {
	item, err := g.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil
	}
	if err != nil || item.UserMeta() != metaPieces {
		return err
	}
	n, _, err := readWhole(item)
	for i := range n {
		g.remove(appendPieceKey(g.bytes.take(prefixLen+len(rest)+pieceTail), number, kind, rest, i))
	}
	return err
}

func appendPieceKey(dst []byte, number uint32, kind byte, rest []byte, i uint32) []byte {
	return binary.BigEndian.AppendUint32(appendKey(dst, number, kind, rest), i)
}

// readWhole decodes how many pieces a value has, and its length.
func readWhole(item *badger.Item) (n uint32, size uint64, err error) {
	err = item.Value(func(data []byte) error {
		pieces, a := binary.Uvarint(data)
		if a <= 0 {
			return fmt.Errorf("%w: a value in pieces does not say how many", ErrDamaged)
		}
		var b int
		size, b = binary.Uvarint(data[a:])
		if b <= 0 || a+b != len(data) || pieces > maxPieces || size > pieces*largestPiece {
			return fmt.Errorf("%w: a value in pieces does not say how many", ErrDamaged)
		}
		n = uint32(pieces)
		return nil
	})
	return n, size, err
}

// readValue returns a copy of a value, joined if it is in pieces.
func readValue(txn *badger.Txn, item *badger.Item, number uint32, kind byte,
	rest []byte) ([]byte, error) {
	if item.UserMeta() != metaPieces {
		return item.ValueCopy([]byte{})
	}
	return joinPieces([]byte{}, txn, item, number, kind, rest)
}

// joinPieces returns a value that is in pieces, in the memory of dst if that is enough.
func joinPieces(dst []byte, txn *badger.Txn, item *badger.Item, number uint32, kind byte,
	rest []byte) ([]byte, error) {
	n, size, err := readWhole(item)
	if err != nil {
		return nil, err
	}
	value := slices.Grow(dst[:0], int(min(size, 4<<20))) // longer if there are pieces
	key := appendPieceKey(nil, number, kind, rest, 0)
	for i := range n {
		binary.BigEndian.PutUint32(key[len(key)-pieceTail:], i)
		piece, err := txn.Get(key)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil, fmt.Errorf("%w: piece %d of a large value is missing", ErrDamaged, i)
		}
		if err != nil {
			return nil, err
		}
		if err := piece.Value(func(data []byte) error {
			value = append(value, data...)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if uint64(len(value)) != size {
		return nil, fmt.Errorf("%w: the pieces of a large value have %d bytes, and it has %d",
			ErrDamaged, len(value), size)
	}
	return value, nil
}
