package mapstore

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// A file is an archive, see package stored. Its records begin with what they are:
//
//	t NAME          the table that the next rows are of
//	r KEY VALUE     a row; the key has its length in front, a varint
//	h TYPE ENTRY    an entry of its history, oldest first; the type has its length in front
//
// Values are as the codec of their table encodes them.
const (
	fileMagic   = "brook mapstore snapshot\n"
	fileVersion = 1

	recordTable = 't'
	recordRow   = 'r'
	recordEntry = 'h'
)

// write writes what the store holds at an instant.
func (s *Store) write(ctx context.Context, w io.Writer, seq uint64) error {
	out, err := stored.NewArchiveWriter(w, fileMagic, fileVersion)
	if err != nil {
		return err
	}
	s.mu.Lock()
	tables := maps.Clone(s.tables)
	s.mu.Unlock()
	f := fileWriter{out: out, seq: seq}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if err := f.table(ctx, name, tables[name]); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	return out.End()
}

// fileWriter writes rows. One goroutine uses it.
type fileWriter struct {
	out   *stored.ArchiveWriter
	seq   uint64
	value []byte // scratch, as length is
	kind  []byte
}

// table writes a table, unless it has no rows.
func (f *fileWriter) table(ctx context.Context, name string, t *table) error {
	c := t.contents.head.Load().at(f.seq)
	if c == nil {
		return nil
	}
	codecs := t.allCodecs()
	var (
		cur   cursor
		p     page
		named bool
	)
	leaf, i := cur.begin(c.val.tree.root.Load(), nil, nil, false)
	for ; leaf != nil; leaf, i = cur.advance(false) {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.fill(leaf, i, nil, f.seq)
		for _, v := range p.rows[:p.n] {
			if !named {
				named = true
				if err := f.out.Add([]byte{recordTable}, []byte(name)); err != nil {
					return err
				}
			}
			if err := f.row(&v.val, codecs); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fileWriter) row(r *row, codecs []*codec) (err error) {
	if f.value, err = encode(f.value[:0], r.value, codecs); err != nil {
		return fmt.Errorf("row %.100q: %w", r.key, err)
	}
	f.kind = binary.AppendUvarint(append(f.kind[:0], recordRow), uint64(len(r.key)))
	if err := f.out.Add(f.kind, r.key, f.value); err != nil {
		return err
	}
	for e := range r.history.all() {
		f.value = stored.AppendEntry(f.value[:0], e)
		f.kind = binary.AppendUvarint(append(f.kind[:0], recordEntry), uint64(len(e.Type)))
		if err := f.out.Add(f.kind, []byte(e.Type), f.value); err != nil {
			return err
		}
	}
	return nil
}

// allCodecs returns the codecs that the table was asked for with.
func (t *table) allCodecs() []*codec {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	return slices.Clone(t.codecs)
}

// read fills the store, which is empty, with what a file holds. If it returns an error, the store
// is as empty as before.
func (s *Store) read(path string) (rows int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	s.mu.Lock()
	defer s.mu.Unlock()
	in := fileReader{store: s, seq: s.clock.seq() + 1, types: map[string]string{}}
	if in.archive, err = stored.NewArchiveReader(bufio.NewReaderSize(f, 1<<20), fileMagic,
		fileVersion); err == nil {
		err = in.all()
	}
	if err != nil {
		clear(s.tables)
		clear(s.edited)
		s.edited = s.edited[:0]
		return 0, err
	}
	for _, t := range s.tables {
		t.counts.push(&version[int]{seq: in.seq, val: t.rows})
	}
	s.publish()
	s.clock.tick(in.seq)
	return in.rows, nil
}

// fileReader reads rows into a store.
type fileReader struct {
	store   *Store
	archive *stored.ArchiveReader
	seq     uint64
	types   map[string]string // of events, so that each name is in memory once
	rows    int

	table *table
	last  *version[row]
}

var errFile = errors.New("a record does not decode")

func (f *fileReader) all() error {
	for {
		record, err := f.archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f.record(record)
		}
		if err != nil {
			return err
		}
	}
}

func (f *fileReader) record(record []byte) error {
	if len(record) == 0 {
		return errFile
	}
	kind, rest := record[0], record[1:]
	if kind == recordTable {
		name := string(rest)
		if name == "" || f.store.tables[name] != nil {
			return errFile
		}
		f.table, f.last = newTable(f.store, f.seq), nil
		f.store.tables[name] = f.table
		return nil
	}
	n, size := binary.Uvarint(rest)
	if size <= 0 || n > uint64(len(rest)-size) || f.table == nil {
		return errFile
	}
	first, rest := rest[size:][:n], rest[size:][n:]
	switch {
	case kind == recordRow && (f.last == nil || string(f.last.val.key) < string(first)):
		f.row(first, rest)
		return nil
	case kind == recordEntry && f.last != nil:
		return f.entry(string(first), rest)
	}
	return errFile
}

// row adds a row. Keys rise.
func (f *fileReader) row(key, value []byte) {
	c := &f.table.contents.head.Load().val
	v := newRow(f.seq, key, nil)
	v.val.value = &encoded{data: append(make([]byte, 0, len(value)), value...)}
	v.val.cell = &cell{}
	v.val.cell.rows.push(v)
	f.store.edit(c)
	c.hash.insert(f.store.hash(v.val.key), v, f.store.hash)
	c.tree.insert(v.val.cell)
	f.table.rows++
	f.rows++
	f.last = v
}

// entry adds an entry to the history of the last row.
func (f *fileReader) entry(typ string, data []byte) error {
	if known, ok := f.types[typ]; ok {
		typ = known
	} else {
		f.types[typ] = typ
	}
	e, err := stored.DecodeEntry(append(make([]byte, 0, len(data)), data...), typ)
	if err != nil {
		return err
	}
	h := &f.last.val.history
	if *h == nil {
		*h = &history{keep: unlimited}
	}
	(*h).entries = append((*h).entries, e)
	return nil
}

// unlimited keeps the entries that a file has: they were trimmed before.
var unlimited = newLimits(nil)

// replace writes a file beside a path, syncs it, and renames it to that.
func replace(path string, write func(io.Writer) error) (size int64, err error) {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(part))
	}
	return size, syncDir(filepath.Dir(path))
}

// syncDir makes the name of a file in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

var _ brook.Restored = (*Store)(nil)
