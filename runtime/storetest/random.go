package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// A model is the naive store that the random tests compare with.
type model struct {
	tables [3]map[string]modelRow // docs, bytes, more
	events int
}

type modelRow struct {
	value   any
	history []*brook.HistoryEntry
}

func newModel() *model {
	m := &model{}
	for i := range m.tables {
		m.tables[i] = map[string]modelRow{}
	}
	return m
}

func (m *model) clone() *model {
	c := *m
	for i := range c.tables {
		c.tables[i] = maps.Clone(c.tables[i])
	}
	return &c
}

func (f *fixture) all() [3]brook.Table { return [3]brook.Table{f.docs, f.bytes, f.more} }

// A draft is a write to one of the three tables.
type draft struct {
	table int
	write brook.Write
}

// apply does what the contract says of a batch.
func (m *model) apply(drafts []draft) {
	for _, d := range drafts {
		rows, w := m.tables[d.table], d.write
		key := string(w.Key)
		if w.Op == brook.Remove {
			delete(rows, key)
			continue
		}
		row := modelRow{value: w.Value}
		if !w.Clear {
			row.history = rows[key].history
		}
		row.history = slices.Concat(row.history, w.History)
		if d.table == 0 {
			row.history = trimmed(row.history, keepOfDocs)
		}
		rows[key] = row
	}
}

func trimmed(h []*brook.HistoryEntry, keep map[string]int) (kept []*brook.HistoryEntry) {
	left := maps.Clone(keep)
	for _, e := range slices.Backward(h) {
		if n, limited := left[e.Type]; limited {
			if n == 0 {
				continue
			}
			left[e.Type]--
		}
		kept = append(kept, e)
	}
	slices.Reverse(kept)
	return kept
}

// check compares everything that a reader returns with the model.
func (m *model) check(f *fixture, r brook.Reader) {
	f.Helper()
	for i, t := range f.all() {
		m.checkRange(f, r, i, nil, nil)
		for _, key := range randomKeys {
			row, ok := m.tables[i][key]
			if ok {
				f.wantValue(r, t, key, row.value)
			} else {
				f.wantValue(r, t, key, nil)
			}
			f.wantHistory(r, t, key, row.history...)
		}
		if c, ok := r.(brook.Counter); ok {
			if n, err := c.Count(f.ctx, t); !f.moved(err) && (err != nil || n != len(m.tables[i])) {
				f.Errorf("Count: %d, %v; want %d", n, err, len(m.tables[i]))
			}
		}
	}
}

func (m *model) checkRange(f *fixture, r brook.Reader, table int, from, to []byte) {
	f.Helper()
	var want []pair
	for key, row := range m.tables[table] {
		if key >= string(from) && (to == nil || key < string(to)) {
			want = append(want, pair{key, row.value})
		}
	}
	f.wantRows(r, f.all()[table], from, to, sorted(want))
}

// randomKeys are few, so that the same rows come and go, and close to each other.
var randomKeys = func() (keys []string) {
	for _, a := range []string{"", "\x00", "\xff", "a", "prefix that is shared by many keys/"} {
		for _, b := range []string{"", "\x00", "\xff", "1", "10", "12345678", "12345679"} {
			if key := a + b; !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}()

// batch makes a random batch.
func (m *model) batch(f *fixture, r *rand.Rand) (*brook.Batch, []draft) {
	var drafts []draft
	types := []string{"one", "two", "none", "many", "all"}
	for table, t := range f.all() {
		for _, i := range r.Perm(len(randomKeys))[:r.IntN(6)] {
			w := brook.Write{Table: t, Key: []byte(randomKeys[i]), Clear: r.IntN(8) == 0}
			if r.IntN(4) == 0 {
				w.Op = brook.Remove
			} else if m.events++; table == 1 {
				w.Value = fmt.Appendf(nil, "%d", m.events)
			} else {
				w.Value = newDoc(m.events)
			}
			for range r.IntN(4) {
				m.events++
				w.History = append(w.History, event(types[r.IntN(len(types))], m.events))
			}
			drafts = append(drafts, draft{table, w})
		}
	}
	r.Shuffle(len(drafts), func(i, j int) { drafts[i], drafts[j] = drafts[j], drafts[i] })
	b := &brook.Batch{}
	for _, d := range drafts {
		b.Writes = append(b.Writes, d.write)
	}
	return b, drafts
}

// random commits n random batches, and checks the latest state and snapshots in between.
func random(f *fixture, m *model, seed uint64, n int) {
	f.Helper()
	f.Logf("random batches with seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 99))
	type view struct {
		snap  brook.Snapshot
		model *model
	}
	var open []view
	for range n {
		b, drafts := m.batch(f, r)
		m.apply(drafts)
		if err := f.store.Commit(f.ctx, b); err != nil {
			f.Fatalf("Commit: %v", err)
		}
		switch r.IntN(6) {
		case 0:
			open = append(open, view{f.snapshot(), m.clone()})
		case 1, 2:
			if len(open) > 0 {
				i := r.IntN(len(open))
				open[i].model.check(f, open[i].snap)
				if r.IntN(2) == 0 {
					f.close(open[i].snap)
					open = slices.Delete(open, i, i+1)
				}
			}
		case 3:
			f.openTables(nil)
		case 4:
			m.check(f, f.store.Latest())
		}
		from, to := []byte(randomKeys[r.IntN(len(randomKeys))]),
			[]byte(randomKeys[r.IntN(len(randomKeys))])
		m.checkRange(f, f.store.Latest(), r.IntN(3), from, to)
		if f.Failed() {
			f.FailNow()
		}
	}
	for _, v := range open {
		v.model.check(f, v.snap)
		f.close(v.snap)
	}
	m.check(f, f.store.Latest())
}

// testRandom: random batches have the results that the contract demands.
func testRandom(f *fixture) {
	m := newModel()
	for seed := range uint64(8) {
		random(f, m, seed, 100)
	}
}

// randomUntil commits random batches until the store crashes. The last one counts
// if applied is set.
func randomUntil(f *fixture, m *model, seed uint64, applied bool) {
	f.Helper()
	r := rand.New(rand.NewPCG(seed, 77))
	for {
		b, drafts := m.batch(f, r)
		err := f.store.Commit(f.ctx, b)
		if err != nil && !errors.Is(err, ErrCrashed) {
			f.Fatalf("Commit: %v", err)
		}
		if err == nil || applied {
			m.apply(drafts)
		}
		if err != nil {
			return
		}
	}
}
