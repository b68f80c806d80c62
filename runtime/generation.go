package brook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// layoutVersion is that of what an app keeps in its store: see Layout in ARCHITECTURE.md.
const layoutVersion = 2

// generation is one set of views with all that has to stand or fall with them. A rebuild makes the next one.
type generation struct {
	number    int
	tables    []Table // by slot
	positions Table
	letters   Table
	folded    Table
	shapes    *shapes
}

// state is what the store knows of the app as a whole; it is one row.
type state struct {
	Layout      int
	Generation  int      // the live one
	Building    int      // one that was not finished, 0: none
	Highest     int      `json:",omitempty"` // the highest number that one was built under
	Dropped     []int    // those that may have left rows behind
	Fingerprint []string // of the code that made the live one
	Indexes     []string // that the live one has
	Redrives    int64    // how many events were redriven
	// Replaced says when those of Dropped that were live ceased to be, as the process saw it that replaced them.
	Replaced map[int]time.Time `json:",omitempty"`
	// Tables names those of rows and indexes that a generation may have rows in: the code that drops it may not know them any more.
	Tables map[int][]string

	raw []byte // as stored
}

var stateKey = []byte("state")

// openMeta reads the state, and makes it where the store is new.
func (a *App) openMeta(ctx context.Context) error {
	var err error
	if a.meta, err = a.store.Table(ctx, TableSpec{Name: a.config.table("state")}); err != nil {
		return err
	}
	if a.outboxTable, err = a.store.Table(ctx, TableSpec{Name: a.config.table("outbox")}); err != nil {
		return err
	}
	v, err := a.reader.Get(ctx, a.meta, stateKey)
	if errors.Is(err, ErrNotFound) {
		a.state = state{Layout: layoutVersion, Generation: 1, Fingerprint: a.fingerprint(), Indexes: a.indexNames(),
			Tables: map[int][]string{1: a.tableNames()}}
		return a.store.Commit(ctx, &Batch{Writes: []Write{a.state.write(a.meta)}})
	}
	if err != nil {
		return err
	}
	if a.state, err = a.decodeState(v); err != nil {
		return err
	}
	return a.recordTables(ctx)
}

func (a *App) decodeState(v Value) (s state, err error) {
	raw := v.Data.([]byte)
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("brook: %s: the state in the store is damaged: %w", a.config.Name, err)
	}
	if s.Layout > layoutVersion {
		return s, fmt.Errorf("brook: %s: the store has layout %d, and this runtime knows layouts up to %d: use the brook version that wrote it, or a newer one", a.config.Name, s.Layout, layoutVersion)
	}
	s.raw = bytes.Clone(raw)
	return s, nil
}

// write stores the state; s is what the store has once that is committed.
func (s *state) write(meta Table) Write {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain data
	}
	s.raw = b
	return Write{Table: meta, Key: stateKey, Value: b}
}

// unchanged checks that nobody else changed the state.
func (a *App) unchanged() Check { return Check{Table: a.meta, Key: stateKey, Value: a.state.raw} }

// change stores a new state, unless another process changed it meanwhile. The caller holds the gate.
func (a *App) change(ctx context.Context, next state, writes ...Write) error {
	batch := &Batch{ID: a.ids.batch(), Writes: append(writes, next.write(a.meta)), Checks: []Check{a.unchanged()}}
	if err := a.store.Commit(ctx, batch); err != nil {
		return err
	}
	a.state = next
	return nil
}

// open makes the tables of generation number known to the store.
func (a *App) open(ctx context.Context, number int) (*generation, error) {
	g := &generation{number: number, tables: make([]Table, a.layout.slots), shapes: &shapes{}}
	name := func(parts string) string { return a.generationTable(number, parts) }
	var errs []error
	table := func(spec TableSpec) Table {
		t, err := a.store.Table(ctx, spec)
		if err != nil {
			errs = append(errs, fmt.Errorf("brook: table %s: %w", spec.Name, err))
		}
		return t
	}
	for ord, info := range a.layout.collections {
		g.tables[a.layout.rows[ord]] = table(TableSpec{Name: name(rowsTable(info.name)), Codec: a.def.Collections[ord].codec(g.shapes), Keep: a.keep})
		for x, index := range info.indexes {
			g.tables[a.layout.index[ord][x]] = table(TableSpec{Name: name(indexTable(info.name, index.field))})
		}
	}
	g.positions = table(TableSpec{Name: name("positions")})
	g.letters = table(TableSpec{Name: name("letters")})
	g.folded = table(TableSpec{Name: name("folded")})
	g.shapes.table = table(TableSpec{Name: name("shapes")})
	if err := errors.Join(errs...); err != nil {
		return g, err
	}
	return g, a.readShapes(ctx, g.shapes)
}

// drop removes all rows of a generation.
func (a *App) drop(ctx context.Context, g *generation) error {
	tables := append([]Table{g.positions, g.letters, g.folded}, g.tables...)
	gone, err := a.forgotten(ctx, g.number)
	if err != nil {
		return err
	}
	for _, t := range append(tables, gone...) {
		if err := a.empty(ctx, t); err != nil {
			return err
		}
	}
	return a.empty(ctx, g.shapes.table) // last, as rows can't be read without
}

// empty removes all rows of a table.
func (a *App) empty(ctx context.Context, t Table) error {
	if d, ok := a.store.(Dropper); ok {
		return d.Drop(ctx, t)
	}
	for {
		var writes []Write
		for row, err := range a.reader.Scan(ctx, t, nil, nil) {
			if err != nil {
				return err
			}
			writes = append(writes, Write{Table: t, Key: append([]byte(nil), row.Key...), Op: Remove})
			if len(writes) == a.config.BatchSize {
				break
			}
		}
		if len(writes) == 0 {
			return nil
		}
		if err := a.store.Commit(ctx, &Batch{Writes: writes}); err != nil {
			return err
		}
	}
}

// standings reads how far a generation has come.
func (a *App) standings(ctx context.Context, r Reader, g *generation) (map[partitionID]standing, error) {
	all := map[partitionID]standing{}
	for row, err := range r.Scan(ctx, g.positions, nil, nil) {
		if err != nil {
			return nil, err
		}
		id, s, err := decodeStanding(row.Key, row.Value.Data.([]byte))
		if err != nil {
			return nil, err
		}
		all[id] = s
	}
	return all, nil
}
