package stored

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// An archive is a file of records that is written once, from its beginning to its end, and read in
// the same way. With numbers in big endian it is:
//
//	magic, version (4 bytes)
//	blocks: length (4), checksum (4), records, each a varint of its length and its bytes
//	end: a length of 0 (4), number of records (8), SHA-256 of all before (32)
//
// The checksum of a block, a CRC-32C, goes on from that of the block before, and the first one from
// that of what precedes it: so a block that is missing or misplaced does not fit. Blocks show damage
// before all is read, with one block in memory. The SHA-256 is of the whole.

// blockSize is how many bytes of records a block has at least, unless it is the last one.
const blockSize = 256 << 10

// blockHeader is the length of the header of a block.
const blockHeader = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrArchive is returned for what is no archive of a kind, or no longer a whole one.
var ErrArchive = errors.New("the archive is damaged")

// ErrVersion is returned for an archive of a later version.
var ErrVersion = errors.New("a later version wrote the archive")

// ArchiveWriter writes an archive. One goroutine uses it.
type ArchiveWriter struct {
	w       io.Writer
	whole   hash.Hash // of what was written
	sum     uint32    // of the last block
	block   []byte    // room for its header, then the records so far
	records uint64
}

// NewArchiveWriter begins an archive of a kind, which its magic names.
func NewArchiveWriter(w io.Writer, magic string, version uint32) (*ArchiveWriter, error) {
	a := &ArchiveWriter{w: w, whole: sha256.New(), block: make([]byte, blockHeader, 2*blockSize)}
	head := binary.BigEndian.AppendUint32([]byte(magic), version)
	a.sum = crc32.Checksum(head, castagnoli)
	return a, a.write(head)
}

func (a *ArchiveWriter) write(data []byte) error {
	a.whole.Write(data)
	_, err := a.w.Write(data)
	return err
}

// Add appends a record, which consists of parts.
func (a *ArchiveWriter) Add(parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	a.block = binary.AppendUvarint(a.block, uint64(n))
	for _, p := range parts {
		a.block = append(a.block, p...)
	}
	a.records++
	if len(a.block) < blockSize {
		return nil
	}
	return a.flush()
}

// flush writes the block.
func (a *ArchiveWriter) flush() error {
	records := a.block[blockHeader:]
	if len(records) == 0 {
		return nil
	}
	if uint64(len(records)) > 1<<32-1 {
		return fmt.Errorf("a record of %d bytes is too large", len(records))
	}
	a.sum = crc32.Update(a.sum, castagnoli, records)
	binary.BigEndian.PutUint32(a.block, uint32(len(records)))
	binary.BigEndian.PutUint32(a.block[4:], a.sum)
	err := a.write(a.block)
	if a.block = a.block[:blockHeader]; cap(a.block) > 4*blockSize {
		a.block = make([]byte, blockHeader, 2*blockSize)
	}
	return err
}

// End writes what is left, and the end.
func (a *ArchiveWriter) End() error {
	if err := a.flush(); err != nil {
		return err
	}
	if err := a.write(binary.BigEndian.AppendUint64(make([]byte, 4), a.records)); err != nil {
		return err
	}
	_, err := a.w.Write(a.whole.Sum(nil))
	return err
}

// ArchiveReader reads an archive. One goroutine uses it.
type ArchiveReader struct {
	r       *bufio.Reader
	whole   hash.Hash
	sum     uint32
	block   []byte
	rest    []byte // of the block
	records uint64
}

// NewArchiveReader begins to read an archive of a kind. It returns ErrArchive, ErrVersion, or the
// error of r.
func NewArchiveReader(r io.Reader, magic string, version uint32) (*ArchiveReader, error) {
	a := &ArchiveReader{r: bufio.NewReaderSize(r, blockSize), whole: sha256.New()}
	head := make([]byte, len(magic)+4)
	n, err := io.ReadFull(a.r, head)
	short := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch begins := min(n, len(magic)); {
	case err != nil && !short:
		return nil, err
	case string(head[:begins]) != magic[:begins], n == 0:
		return nil, damaged("it does not begin with %q", magic)
	case short:
		return nil, a.short(err)
	}
	if v := binary.BigEndian.Uint32(head[len(magic):]); v != version {
		return nil, fmt.Errorf("%w: it has version %d, and versions up to %d are known",
			ErrVersion, v, version)
	}
	a.whole.Write(head)
	a.sum = crc32.Checksum(head, castagnoli)
	return a, nil
}

// damaged returns ErrArchive with what is wrong.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrArchive, fmt.Sprintf(format, args...))
}

// short returns the error of a read that got less than it wanted.
func (a *ArchiveReader) short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it is cut off behind record %d", a.records)
	}
	return err
}

// read fills data.
func (a *ArchiveReader) read(data []byte) error {
	if _, err := io.ReadFull(a.r, data); err != nil {
		return a.short(err)
	}
	a.whole.Write(data)
	return nil
}

// Records returns how many records were read.
func (a *ArchiveReader) Records() uint64 { return a.records }

// Next returns the next record, which is valid until the next call, or io.EOF if there is none and
// the archive is whole. It returns ErrArchive, or the error of the reader.
func (a *ArchiveReader) Next() ([]byte, error) {
	if len(a.rest) == 0 {
		if err := a.fill(); err != nil {
			return nil, err
		}
	}
	n, size := binary.Uvarint(a.rest)
	if size <= 0 || n > uint64(len(a.rest)-size) {
		return nil, damaged("record %d does not decode", a.records+1)
	}
	a.rest = a.rest[size:]
	record := a.rest[:n:n]
	a.rest = a.rest[n:]
	a.records++
	return record, nil
}

// fill reads the next block, or the end.
func (a *ArchiveReader) fill() error {
	var head [blockHeader]byte
	if err := a.read(head[:4]); err != nil {
		return err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n == 0 {
		return a.end()
	}
	if err := a.read(head[4:]); err != nil {
		return err
	}
	// What it claims to have is allocated as it comes.
	for a.block = a.block[:0]; n > 0; {
		part := int(min(n, blockSize))
		at := len(a.block)
		a.block = append(a.block, make([]byte, part)...)
		if err := a.read(a.block[at:]); err != nil {
			return err
		}
		n -= int64(part)
	}
	a.sum = crc32.Update(a.sum, castagnoli, a.block)
	if a.sum != binary.BigEndian.Uint32(head[4:]) {
		return damaged("the checksum of the block behind record %d is wrong", a.records)
	}
	a.rest = a.block
	return nil
}

// end reads the end, and returns io.EOF if all is there.
func (a *ArchiveReader) end() error {
	var tail [8]byte
	if err := a.read(tail[:]); err != nil {
		return err
	}
	want := a.whole.Sum(nil)
	got := make([]byte, len(want))
	if err := a.read(got); err != nil {
		return err
	}
	if n := binary.BigEndian.Uint64(tail[:]); n != a.records || !bytes.Equal(got, want) {
		return damaged("its checksum is wrong, or it has not the %d records that it says", n)
	}
	switch _, err := a.r.ReadByte(); {
	case err == nil:
		return damaged("there is more behind its end")
	case !errors.Is(err, io.EOF):
		return err
	}
	return io.EOF
}
