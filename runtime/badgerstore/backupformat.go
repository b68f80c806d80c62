package badgerstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// A backup is an archive, see package stored. Its first record is the number of the commit that it
// is the state after (8 bytes, big endian). The others are entries in the order of their keys:
// varint length of the key, the key, Badger's user meta (1 byte), the value.
const (
	backupMagic   = "brook badgerstore backup\n"
	backupVersion = 1
)

// newBackupWriter begins a backup of the state after a commit.
func newBackupWriter(w io.Writer, commit uint64) (*backupWriter, error) {
	a, err := stored.NewArchiveWriter(w, backupMagic, backupVersion)
	if err != nil {
		return nil, err
	}
	return &backupWriter{ArchiveWriter: a}, a.Add(binary.BigEndian.AppendUint64(nil, commit))
}

// backupWriter writes a backup. One goroutine uses it.
type backupWriter struct {
	*stored.ArchiveWriter
	length []byte // scratch, as meta is
	meta   [1]byte
}

// add appends an entry. Keys rise.
func (b *backupWriter) add(key []byte, meta byte, value []byte) error {
	b.length = binary.AppendUvarint(b.length[:0], uint64(len(key)))
	b.meta[0] = meta
	return b.Add(b.length, key, b.meta[:], value)
}

// backupReader reads a backup. One goroutine uses it.
type backupReader struct {
	archive *stored.ArchiveReader
	last    []byte // key
	commit  uint64
}

// newBackupReader reads the head of a backup.
func newBackupReader(r io.Reader) (*backupReader, error) {
	a, err := stored.NewArchiveReader(r, backupMagic, backupVersion)
	if err != nil {
		return nil, ofBackup(err)
	}
	head, err := a.Next()
	if errors.Is(err, io.EOF) || err == nil && len(head) != 8 {
		return nil, fmt.Errorf("%w: it does not say of which state it is", ErrBackup)
	}
	if err != nil {
		return nil, ofBackup(err)
	}
	b := &backupReader{archive: a, commit: binary.BigEndian.Uint64(head)}
	if b.commit == 0 || b.commit > maxCommit {
		return nil, fmt.Errorf("%w: it is of the state after commit %d", ErrBackup, b.commit)
	}
	return b, nil
}

// maxCommit is more commits than a store ever has. It leaves room for those to come, and for the
// lives of histories, which have a commit's number in 6 bytes.
const maxCommit = 1 << 47

// ofBackup returns an error of an archive as one of a backup.
func ofBackup(err error) error {
	switch {
	case errors.Is(err, stored.ErrArchive):
		return fmt.Errorf("%w: %w", ErrBackup, err)
	case errors.Is(err, stored.ErrVersion):
		return fmt.Errorf("%w: %w: use the brook version that wrote the backup, or a newer one",
			ErrLayout, err)
	}
	return fmt.Errorf("badgerstore: read the backup: %w", err)
}

// next returns the next entry, which is valid until the next call, or io.EOF if there is none and
// the backup is whole.
func (b *backupReader) next() (key []byte, meta byte, value []byte, err error) {
	record, err := b.archive.Next()
	if errors.Is(err, io.EOF) {
		return nil, 0, nil, io.EOF
	}
	if err != nil {
		return nil, 0, nil, ofBackup(err)
	}
	n, size := binary.Uvarint(record)
	if size <= 0 || n >= uint64(len(record)-size) {
		return nil, 0, nil, b.damaged("does not decode")
	}
	key, record = record[size:][:n], record[size:][n:]
	if bytes.Compare(key, b.last) <= 0 {
		return nil, 0, nil, b.damaged("is not behind the one before")
	}
	b.last = append(b.last[:0], key...)
	return key, record[0], record[1:], nil
}

// damaged returns ErrBackup with what is wrong with the last entry.
func (b *backupReader) damaged(what string) error {
	return fmt.Errorf("%w: its entry %d %s", ErrBackup, b.archive.Records()-1, what)
}
