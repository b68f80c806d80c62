package redisstore

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// News are what a commit publishes: its number, a blank, and the rows that it wrote, table by
// table: the table's name without the view's, the number of keys, the keys. Texts are preceded by
// their length; lengths and numbers are varints. Tables with few written rows come first. Tables
// whose keys would exceed newsLen have 0 keys. If even the names of the tables are too long,
// nothing follows the blank.
const newsLen = 32 << 10

// newsMark begins the list of rows, so that a known list is never empty.
const newsMark = '+'

func appendNews(dst []byte, p *program) []byte {
	start := len(dst)
	dst = append(dst, newsMark)
	written := slices.DeleteFunc(slices.Clone(p.order), func(t *table) bool {
		return p.tables[t].written() == 0
	})
	slices.SortStableFunc(written, func(t, u *table) int {
		return p.tables[t].written() - p.tables[u].written()
	})
	for _, t := range written {
		dst = stored.AppendText(dst, t.rest)
		if len(dst)-start > 2*newsLen {
			return dst[:start]
		}
		dst = appendKeys(dst, start+newsLen, p.tables[t])
	}
	return dst
}

// appendKeys appends the number of written rows and their keys, or 0 if they do not fit.
func appendKeys(dst []byte, limit int, part *part) []byte {
	start := len(dst)
	dst = binary.AppendUvarint(dst, uint64(part.written()))
	for _, writes := range [][]*brook.Write{part.puts, part.removes} {
		for _, w := range writes {
			dst = stored.AppendKey(dst, w.Key)
			if len(dst) > limit {
				return append(dst[:start], 0)
			}
		}
	}
	return dst
}

func (p *part) written() int { return len(p.puts) + len(p.removes) }

// bulletin is what one commit published.
type bulletin struct {
	number int64
	known  bool // false: the rows were too many
	rows   []announced
}

type announced struct {
	table  string
	key    []byte
	missed bool // rows were written, but are not named
}

func parseNews(payload string) (b bulletin, ok bool) {
	number, rest, ok := strings.Cut(payload, " ")
	if !ok {
		return b, false
	}
	var err error
	if b.number, err = strconv.ParseInt(number, 10, 64); err != nil {
		return b, false
	}
	if rest == "" {
		return b, true
	}
	b.known = true
	d := stored.NewDecoder([]byte(rest))
	if string(d.Take(1)) != string(newsMark) {
		return b, false
	}
	for len(d.Rest()) > 0 {
		table, n := d.Text(), d.Uvarint()
		if n == 0 {
			b.rows = append(b.rows, announced{table: table, missed: true})
		}
		for ; n > 0 && !d.Failed(); n-- {
			b.rows = append(b.rows, announced{table: table, key: d.Key()})
		}
	}
	return b, !d.Failed()
}
