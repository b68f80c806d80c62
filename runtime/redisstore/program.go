package redisstore

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

const (
	chunkLen   = 1000    // rows per operation of the script: Lua's unpack has a limit
	maxArgs    = 1 << 19 // arguments of a script; Redis takes twice as many
	headerArgs = 6
)

// program is a batch in the form that the script takes.
type program struct {
	view   *view
	keys   []string
	args   []any
	size   int // bytes of keys and arguments
	arena  []byte
	spare  *arena // where arena came from
	tables map[*table]*part
	order  []*table
	stamp  [versionLen]byte // version of the rows that it writes
	news   []byte
}

// part is what a program does to one table.
type part struct {
	index   int // index of the rows' key, from 1 as in Lua
	checks  []*brook.Check
	puts    []*brook.Write
	removes []*brook.Write
}

// newProgram translates a batch for the script, without the header.
func (s *Store) newProgram(b *brook.Batch) (*program, error) {
	spare := arenas.Get().(*arena)
	p := &program{tables: map[*table]*part{}, arena: spare.buf, spare: spare,
		args: make([]any, headerArgs, headerArgs+6*len(b.Writes)+2*len(b.Checks)+16)}
	// Random, so that a row that a failover took back is not confused with the one
	// written in its stead.
	binary.BigEndian.PutUint64(p.stamp[:], rand.Uint64()|1)
	if err := p.sort(s, b); err != nil {
		return nil, err
	}
	p.keys = append(p.keys, p.view.key, p.view.ids)
	for _, t := range p.order {
		p.tables[t].index = len(p.keys) + 1
		p.keys = append(p.keys, t.rows, t.order)
	}
	for _, t := range p.order {
		p.check(p.tables[t])
	}
	// A server whose memory is full refuses a script that first adds something, and none that first
	// removes: so a batch that frees more than it takes is not refused.
	frees := frees(b.Writes)
	if frees {
		for _, t := range p.order {
			p.removals(p.tables[t])
		}
	}
	for _, t := range p.order {
		if err := p.rows(p.tables[t]); err != nil {
			return nil, err
		}
	}
	if !frees {
		for _, t := range p.order {
			p.removals(p.tables[t])
		}
	}
	for _, t := range p.order {
		p.forget(t, p.tables[t])
	}
	for _, t := range p.order {
		p.histories(t, p.tables[t])
	}
	for _, k := range p.keys {
		p.size += len(k)
	}
	p.news = appendNews(nil, p)
	return p, nil
}

// sort groups the writes of the batch by table.
func (p *program) sort(s *Store, b *brook.Batch) error {
	at := func(t brook.Table) (*part, error) {
		own, err := s.own(t)
		if err != nil {
			return nil, err
		}
		if p.view == nil {
			p.view = own.view
		}
		if p.view != own.view {
			return nil, fmt.Errorf("%w: %s and %s", errViews, p.view.name, own.view.name)
		}
		if p.tables[own.table] == nil {
			p.tables[own.table] = &part{}
			p.order = append(p.order, own.table)
		}
		return p.tables[own.table], nil
	}
	for i := range b.Checks {
		part, err := at(b.Checks[i].Table)
		if err != nil {
			return err
		}
		part.checks = append(part.checks, &b.Checks[i])
	}
	for i := range b.Writes {
		w := &b.Writes[i]
		part, err := at(w.Table)
		if err != nil {
			return err
		}
		if w.Op == brook.Remove {
			part.removes = append(part.removes, w)
		} else {
			part.puts = append(part.puts, w)
		}
	}
	return nil
}

// op begins an operation on the key at an index.
func (p *program) op(name string, index, n int) {
	p.args = append(p.args, name, index, n)
	p.size += len(name) + 16
}

func (p *program) arg(b []byte) {
	p.args = append(p.args, b)
	p.size += len(b)
}

// cut returns what was appended to the arena since it had n bytes.
func (p *program) cut(n int) []byte { return p.arena[n:len(p.arena):len(p.arena)] }

func (p *program) check(part *part) {
	for chunk := range chunks(part.checks) {
		p.op("check", part.index, len(chunk))
		for _, c := range chunk {
			p.arg(c.Key)
			n := len(p.arena)
			switch {
			case c.Value != nil:
				p.arena = append(append(p.arena, '='), c.Value...)
			case c.Version != 0:
				p.arena = binary.BigEndian.AppendUint64(append(p.arena, 'v'), c.Version)
			}
			p.arg(p.cut(n))
		}
	}
}

func (p *program) rows(part *part) error {
	for chunk := range chunks(part.puts) {
		p.op("put", part.index, len(chunk))
		for _, w := range chunk {
			p.arg(w.Key)
			n := len(p.arena)
			var err error
			if p.arena, err = w.Table.(*handle).encode(append(p.arena, p.stamp[:]...),
				w.Value); err != nil {
				return err
			}
			p.arg(p.cut(n))
		}
	}
	return nil
}

func (p *program) removals(part *part) {
	for chunk := range chunks(part.removes) {
		p.op("remove", part.index, len(chunk))
		for _, w := range chunk {
			p.arg(w.Key)
		}
	}
}

// frees reports whether a batch mainly removes rows: its other writes are small, such as positions
// and the app's state.
func frees(writes []brook.Write) bool {
	removes, puts := 0, 0
	for i := range writes {
		w := &writes[i]
		data, _ := w.Value.([]byte)
		switch {
		case w.Op == brook.Remove:
			removes++
		case len(w.History) > 0 || len(data) > 16<<10 || data == nil: // a row of a view
			return false
		default:
			puts++
		}
	}
	return removes > 0 && puts <= removes+2
}

// forget adds the operations that delete histories.
func (p *program) forget(t *table, part *part) {
	first := len(p.keys)
	for _, w := range part.puts {
		if w.Clear {
			p.keys = append(p.keys, t.past+string(w.Key))
		}
	}
	for _, w := range part.removes {
		p.keys = append(p.keys, t.past+string(w.Key))
	}
	for chunk := range chunks(p.keys[first:]) {
		p.op("forget", first+1, len(chunk))
		first += len(chunk)
	}
}

// histories adds the operations that append entries and trim old ones.
func (p *program) histories(t *table, part *part) {
	for _, w := range part.puts {
		if len(w.History) == 0 {
			continue
		}
		keep := w.Table.(*handle).keep
		p.keys = append(p.keys, t.past+string(w.Key))
		index := len(p.keys)
		kept, limited := newest(w.History, keep)
		for chunk := range chunks(kept) {
			p.op("add", index, len(chunk))
			for _, i := range chunk {
				e := w.History[i]
				n := len(p.arena)
				p.arena = stored.AppendText(p.arena, e.Type)
				p.arg(p.cut(n))
				n = len(p.arena)
				p.arena = stored.AppendEntry(binary.BigEndian.AppendUint32(p.arena, uint32(i)), e)
				p.arg(p.cut(n))
			}
		}
		for chunk := range chunks(limited) {
			p.op("trim", index, len(chunk))
			for _, typ := range chunk {
				n := len(p.arena)
				p.arena = stored.AppendText(p.arena, typ)
				p.arg(p.cut(n))
				p.arg(strconv.AppendInt(nil, int64(max(keep[typ], 0)), 10))
			}
		}
	}
}

// newest returns the indexes of the entries that their types' limits keep, and the types
// that have a limit.
func newest(h []*brook.HistoryEntry, keep map[string]int) (kept []int, limited []string) {
	left := map[string]int{}
	for i := len(h) - 1; i >= 0; i-- {
		most, has := keep[h[i].Type]
		if has {
			n, seen := left[h[i].Type]
			if !seen {
				n, limited = most, append(limited, h[i].Type)
			}
			left[h[i].Type] = n - 1
			if n <= 0 {
				continue
			}
		}
		kept = append(kept, i)
	}
	return kept, limited
}

// chunks yields pieces of a slice that Lua can unpack.
func chunks[T any](all []T) iter.Seq[[]T] { return slices.Chunk(all, chunkLen) }
