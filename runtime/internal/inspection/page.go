package inspection

import (
	"bytes"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// maxLooked is how many rows a page looks at in vain before it ends.
const maxLooked = 2000

// page is a page of a table that is being read.
type page struct {
	table    brook.Table
	from, to []byte // the range of the table
	prefix   []byte // of all keys, which cursors leave out
	list     list   // what is listed
	inspect.Page
	maxLooked int // rows that are looked at; 0: no limit

	left  int // elements
	bytes int // of JSON so far
	n     int // elements so far
}

// open works out the range of a page.
func (p *page) open() error {
	switch {
	case p.Limit < 0:
		return fmt.Errorf("%w: a limit of %d", inspect.ErrMistaken, p.Limit)
	case p.Limit == 0:
		p.left = inspect.DefaultLimit
	default:
		p.left = min(p.Limit, inspect.MaxLimit)
	}
	if p.After == "" {
		return nil
	}
	after, err := p.list.parse(p.After)
	if err != nil {
		return err
	}
	after = append(bytes.Clone(p.prefix), after...)
	next := append(bytes.Clone(after), 0) // no key begins with another one
	switch {
	case p.Reverse && (p.to == nil || bytes.Compare(after, p.to) < 0):
		p.to = after
	case !p.Reverse && bytes.Compare(next, p.from) > 0:
		p.from = next
	}
	return nil
}

// each calls do with the rows of the page. do returns how many bytes the element of a row has as
// JSON; -1: it has none. each returns the cursor for the next page.
func (p *page) each(c *call, do func(brook.Row) (int, error)) (next string, err error) {
	if err := p.open(); err != nil {
		return "", err
	}
	var last []byte
	looked := 0
	for row, err := range c.scan(p.table, p.from, p.to, p.Reverse) {
		if err != nil {
			return "", err
		}
		if p.n == p.left || p.bytes >= inspect.PageBytes ||
			p.maxLooked > 0 && looked == p.maxLooked {
			return p.list.cursor(last[len(p.prefix):]), nil
		}
		looked++
		size, err := do(row)
		if err != nil {
			return "", err
		}
		if size >= 0 {
			p.n, p.bytes = p.n+1, p.bytes+size
		}
		last = append(last[:0], row.Key...)
	}
	return "", nil
}
