package inspection

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/internal/values"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/pack"
)

// listed is how large a value or payload may be as JSON that is shown in a list.
const listed = 64 << 10

// collection is a collection whose rows are read.
type collection struct {
	*call
	ord    int
	info   schema.Collection
	def    *brook.Collection
	table  brook.Table
	values *values.Reader // nil: the code is too old to turn values into bytes
}

// open returns the collection of that name.
func (c *call) open(name string) (*collection, error) {
	ord, err := c.collection(name)
	if err != nil {
		return nil, err
	}
	return c.openAt(ord)
}

// openAt returns the collection of that number.
func (c *call) openAt(ord int) (*collection, error) {
	table, err := c.rows(ord)
	if err != nil {
		return nil, err
	}
	x := &collection{
		call: c, ord: ord, info: c.set.Code.Layout.Collections[ord],
		def: c.set.Def.Collections[ord], table: table,
	}
	if x.info.Schema == "" || x.def.Pack == nil {
		return x, nil
	}
	shape, err := pack.ParseSchema(x.info.Schema)
	if err != nil {
		return nil, fmt.Errorf("brook: %s: its shape: %w: %w", name(x), err, brook.ErrPermanent)
	}
	x.values = values.NewReader(x.def, shape, c.gen.Shapes)
	return x, nil
}

func name(x *collection) string { return x.info.Name }

// version returns a value as JSON: nil if it can't be shown. unreadable says why the code can't read
// it.
func (x *collection) version(v brook.Value) (out version, unreadable string, err error) {
	if x.values == nil {
		return out, "the generated code is too old to show its rows: run go generate", nil
	}
	read, err := x.values.Read(v)
	if errors.Is(err, shapes.ErrUnknown) {
		return out, err.Error(), nil
	}
	if err != nil {
		return out, "", err
	}
	if read.Unreadable != nil {
		unreadable = read.Unreadable.Error()
	}
	if out.actual, out.shown, err = x.values.JSON(read); err != nil {
		unreadable = "damaged: " + err.Error()
	}
	return out, unreadable, nil
}

// row returns a row for people.
func (x *collection) row(encoded []byte, v brook.Value) (inspect.Row, error) {
	value, unreadable, err := x.version(v)
	return inspect.Row{
		Key: keyText(x.info.Shape, encoded), Value: value.shown, Size: len(value.actual),
		Unreadable: unreadable,
	}, err
}

// Count returns the number of rows of a collection.
func (x *Inspection) Count(ctx context.Context, collection string) (n int, err error) {
	ord, err := x.collection(collection)
	if err != nil {
		return 0, err
	}
	err = x.read(ctx, func(c *call) error {
		t := c.gen.Tables[c.set.Code.Layout.Rows[ord]]
		if r, ok := c.reader.(brook.Counter); ok {
			n, err = r.Count(c.ctx, t)
			return err
		}
		for _, err := range c.reader.Scan(c.ctx, t, nil, nil) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// Row returns the row at a key.
func (x *Inspection) Row(
	ctx context.Context, collection, key string,
) (row inspect.Row, err error) {
	err = x.read(ctx, func(c *call) error {
		row, err = c.readRow(collection, key)
		return err
	})
	return row, err
}

func (c *call) readRow(collection, key string) (inspect.Row, error) {
	at, err := c.open(collection)
	if err != nil {
		return inspect.Row{}, err
	}
	encoded, err := parseKey(at.info.Shape, key)
	if err != nil {
		return inspect.Row{}, err
	}
	v, err := c.reader.Get(c.ctx, at.table, encoded)
	if errors.Is(err, brook.ErrNotFound) {
		return inspect.Row{}, fmt.Errorf("%w: %s at key %s", brook.ErrNotFound, collection,
			at.def.KeyText(encoded))
	}
	if err != nil {
		return inspect.Row{}, err
	}
	return at.row(encoded, v)
}

// Rows returns a page of the rows of a collection.
func (x *Inspection) Rows(
	ctx context.Context, collection string, q inspect.RowQuery,
) (rows inspect.Rows, err error) {
	err = x.read(ctx, func(c *call) error {
		rows, err = c.readRows(collection, &q)
		return err
	})
	return rows, err
}

func (c *call) readRows(collection string, q *inspect.RowQuery) (rows inspect.Rows, err error) {
	at, err := c.open(collection)
	if err != nil {
		return rows, err
	}
	rows.Rows = []inspect.Row{}
	p := page{table: at.table, list: list{"rows", collection}, Page: q.Page}
	found := func(row brook.Row) ([]byte, brook.Value, error) { return row.Key, row.Value, nil }
	if q.Index != "" {
		if found, err = at.byIndex(&p, q); err != nil {
			return rows, err
		}
	} else if q.From != "" && q.After == "" {
		from, to, err := parseFrom(at.info.Shape, q.From)
		if err != nil {
			return rows, err
		}
		if p.from = from; q.Reverse {
			p.from, p.to = nil, to
		}
	}
	rows.Next, err = p.each(c, func(row brook.Row) (int, error) {
		encoded, v, err := found(row)
		if errors.Is(err, brook.ErrNotFound) {
			return -1, nil // another process removed it since its index entry was read
		}
		if err != nil {
			return 0, err
		}
		shown, err := at.row(encoded, v)
		if err != nil {
			return 0, err
		}
		if len(shown.Value) > listed {
			shown.Value, shown.Cut = nil, true
		}
		rows.Rows = append(rows.Rows, shown)
		return len(shown.Value) + len(shown.Key), nil
	})
	return rows, err
}

// byIndex makes p the page of an index's entries, and returns what finds the row of one.
func (x *collection) byIndex(
	p *page, q *inspect.RowQuery,
) (func(brook.Row) ([]byte, brook.Value, error), error) {
	at := -1
	for n, index := range x.info.Indexes {
		if index.Field == q.Index {
			at = n
		}
	}
	if at < 0 {
		return nil, fmt.Errorf("%w: index %.200q of %s", inspect.ErrUnknown, q.Index, x.info.Name)
	}
	index, slot := x.info.Indexes[at], x.set.Code.Layout.Index[x.ord][at]
	if x.gen.Unready[slot] {
		return nil, fmt.Errorf("%w: %s by %s", brook.ErrNotReady, x.info.Name, index.Field)
	}
	p.table, p.list = x.gen.Tables[slot], append(p.list, index.Field)
	switch {
	case q.Value != nil:
		value, err := parseKey(index.Shape, *q.Value)
		if err != nil {
			return nil, err
		}
		p.prefix, p.from, p.to = value, value, key.Successor(value)
		if !x.def.Indexes[at].PII {
			p.list = append(p.list, string(value))
		}
	case x.def.Indexes[at].PII:
		return nil, fmt.Errorf("%w: %s is marked brook:\"pii\": it can be looked up by a value, "+
			"and not be listed", inspect.ErrMistaken, index.Field)
	case q.From != "" && q.After == "":
		from, to, err := parseFrom(index.Shape, q.From)
		if err != nil {
			return nil, err
		}
		if p.from = from; q.Reverse {
			p.from, p.to = nil, to
		}
	}
	return func(entry brook.Row) ([]byte, brook.Value, error) {
		n, err := index.Shape.Len(entry.Key, index.Shape.Parts())
		if err != nil {
			return nil, brook.Value{}, fmt.Errorf("brook: %s: index entry: %w", x.info.Name, err)
		}
		encoded := bytes.Clone(entry.Key[n:])
		v, err := x.reader.Get(x.ctx, x.table, encoded)
		return encoded, v, err
	}, nil
}
