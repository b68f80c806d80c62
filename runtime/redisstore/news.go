package redisstore

import (
	"encoding/binary"
	"strconv"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// News are what a commit publishes: its number, a blank, and the rows that it wrote, table by table: the table's name without
// the view's, how many keys there are, the keys. Texts have their length in front, and lengths and numbers are
// varints. Where that would be more than newsLen, nothing stands behind the blank.
const newsLen = 32 << 10

// newsMark begins what is known, so that it is never empty.
const newsMark = '+'

func appendNews(dst []byte, p *program) []byte {
	start := len(dst)
	dst = append(dst, newsMark)
	for _, t := range p.order {
		part := p.tables[t]
		n := len(part.puts) + len(part.removes)
		if n == 0 {
			continue
		}
		dst = appendText(dst, t.rest)
		dst = binary.AppendUvarint(dst, uint64(n))
		for _, writes := range [][]*brook.Write{part.puts, part.removes} {
			for _, w := range writes {
				dst = append(binary.AppendUvarint(dst, uint64(len(w.Key))), w.Key...)
				if len(dst)-start > newsLen {
					return dst[:start]
				}
			}
		}
	}
	return dst
}

// bulletin is what one commit published.
type bulletin struct {
	number int64
	known  bool // else the rows were too many
	rows   []announced
}

type announced struct {
	table string
	key   []byte
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
	d := decoder{data: []byte(rest)}
	if string(d.take(1)) != string(newsMark) {
		return b, false
	}
	for len(d.data) > 0 && !d.failed {
		table := d.text()
		for n := d.uvarint(); n > 0 && !d.failed; n-- {
			b.rows = append(b.rows, announced{table, d.take(d.uvarint())})
		}
	}
	return b, !d.failed
}
