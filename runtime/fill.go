package brook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// fillIndexes brings the indexes of existing rows up to date with the code: new ones and those whose field
// changed are filled.
func (a *App) fillIndexes(ctx context.Context, g *generation) error {
	names := a.indexNames()
	if slices.Equal(names, a.state.Indexes) {
		return nil
	}
	for ord, info := range a.layout.collections {
		for x, index := range info.indexes {
			if slices.Contains(a.state.Indexes, info.indexName(index)) {
				continue
			}
			if err := a.fillIndex(ctx, g, ord, x); err != nil {
				return fmt.Errorf("index %s.%s: %w", info.name, index.field, err)
			}
		}
	}
	return a.updateState(ctx, func(next *state) error {
		next.Indexes = names
		return nil
	}, nil)
}

func (a *App) fillIndex(ctx context.Context, g *generation, ord, x int) error {
	table := g.tables[a.layout.index[ord][x]]
	if err := a.empty(ctx, table); err != nil {
		return err
	}
	def, info := a.def.Collections[ord], a.layout.collections[ord]
	var writes []Write
	flush := func() error {
		err := inParts(writes, func(part []Write) error { return a.store.Commit(ctx, &Batch{Writes: part}) })
		writes = writes[:0]
		return err
	}
	var entries Entries
	holders := map[string]string{} // of unique values
	for row, err := range a.reader.Scan(ctx, g.tables[a.layout.rows[ord]], nil, nil) {
		if err != nil {
			return err
		}
		key := bytes.Clone(row.Key)
		entries.reset()
		def.entries(x, row.Value.Data, &entries)
		for value := range entries.All {
			if info.indexes[x].unique {
				if holder, taken := holders[string(value)]; taken && holder != string(key) {
					return fmt.Errorf("%w: %s and %s have the same", ErrUnique, def.keyText([]byte(holder)), def.keyText(key))
				}
				holders[string(value)] = string(key)
			}
			writes = append(writes, Write{Table: table, Key: entryKey(value, key), Value: present})
		}
		if len(writes) >= a.config.BatchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// inParts commits writes that need not be one commit, in as many as the store takes them in.
func inParts(writes []Write, commit func([]Write) error) error {
	if len(writes) == 0 {
		return nil
	}
	err := commit(writes)
	if half := len(writes) / 2; errors.Is(err, ErrTooLarge) && half > 0 {
		if err := inParts(writes[:half], commit); err != nil {
			return err
		}
		return inParts(writes[half:], commit)
	}
	return err
}

func (c *collectionInfo) indexName(x indexInfo) string {
	return strings.Join([]string{c.name, x.field, string(x.shape), fmt.Sprint(x.unique)}, " ")
}
