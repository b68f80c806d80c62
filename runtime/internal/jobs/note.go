package jobs

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Notes are rows by which processes that share a store tell each other of jobs. One is written with
// each commit that stores jobs or lets some go on. Its key says which partition's events asked for
// them, its value who wrote it, and is another one each time.
type Notes map[string]string

// NotesFrom and NotesTo bound the keys of notes, which are in the table of what is sent.
var (
	NotesFrom = []byte("jobs")
	NotesTo   = []byte("jobs0") // behind jobs/
)

// prefix begins the keys of notes for partitions. The note of what came in no partition's order has
// NotesFrom as its key.
const prefix = "jobs/"

// Add takes a row among the notes.
func (n Notes) Add(row brook.Row) { n[string(row.Key)] = string(row.Value.Data.([]byte)) }

// AppendNotes appends the writes of the notes for jobs, to the table of what is sent. positions are
// those of partitions that the commit moves on.
func (b *Board) AppendNotes(
	writes []brook.Write, table brook.Table, jobs []*Job, positions []brook.Write,
) []brook.Write {
	first := len(writes)
	for i, j := range jobs {
		if i > 0 && j.Free == jobs[i-1].Free && j.Source() == jobs[i-1].Source() {
			continue
		}
		key := NotesFrom
		if id := j.Source().AppendKey(nil); !j.Free && contain(positions, id) {
			key = append([]byte(prefix), id...)
		}
		if !contain(writes[first:], key) {
			writes = append(writes, b.note(table, key))
		}
	}
	return writes
}

// contain reports whether a row of that key is among writes.
func contain(writes []brook.Write, key []byte) bool {
	return slices.ContainsFunc(writes, func(w brook.Write) bool { return bytes.Equal(w.Key, key) })
}

// Note returns the write that tells others that there are jobs in no partition's order, or that
// dead letters of jobs are gone.
func (b *Board) Note(table brook.Table) brook.Write { return b.note(table, NotesFrom) }

func (b *Board) note(table brook.Table, key []byte) brook.Write {
	value := b.writer + prefix + strconv.FormatUint(b.notes.Add(1), 10)
	return brook.Write{Table: table, Key: key, Value: []byte(value)}
}

// News reports whether notes say that others left jobs which are not here, since the notes before.
// What this process wrote for a partition says nothing: had another one written meanwhile, the
// commit would have been a conflict, see Lags.
func (b *Board) News(before, now Notes) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leased && !b.holder {
		return false
	}
	for key, value := range now {
		if before[key] == value {
			continue
		}
		encoded, ordered := strings.CutPrefix(key, prefix)
		if !ordered {
			return true
		}
		if strings.HasPrefix(value, b.writer+prefix) {
			continue
		}
		id, err := partition.FromKey([]byte(encoded))
		if err != nil || b.leased || b.owns(id) {
			return true
		}
	}
	return false
}
