package prooftest

import (
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

type likePlaced Placed

func scribble(b []byte) { b[0] = 'x' }

func scribbleEvent(e placed) { e.Key[0] = 'x' }

func overwrite(s *string) { *s = "x" }

func normalized(p *Placed) int {
	p.normalize()
	return 0
}

func normalize(p *Placed) { p.ID = p.Org }

func (p *Placed) normalize() { p.ID = p.Org }

func (b *Base) rename(id string) { b.ID = id }

func ignored(err error) error {
	if errors.Is(err, brook.ErrNotFound) {
		return nil
	}
	return err
}

type getter interface{ Get(string) (Row, error) }

func reads(all rows, id string) error {
	_, err := all.Get(id)
	return ignored(err)
}

var kept rows

func keep(all rows) { kept = all }

func readsAny[V getter](all V, id string) { _, _ = all.Get(id) }

func readsGetter(all getter, id string) { _, _ = all.Get(id) }

func readsEach(id string, all ...rows) {
	for _, v := range all {
		_, _ = v.Get(id)
	}
}

var hooked = func(all rows) { _, _ = all.Get("hooked") }

func swaps(all, other rows, id string) {
	if id != "" {
		all = other
	}
	_, _ = all.Get(id)
}

func each(tags []string, do func(string)) {
	for _, tag := range tags {
		do(tag)
	}
}

func put(id string) changed { return brook.Create(id, Row{}) }

func upsert(id string) changed { return put(id) }

func putAny[K comparable, V any](key K, value V) brook.Change[K, V] { return brook.Create(key, value) }

func putConverted[K ~string](key K) brook.Change[K, Row] { return brook.Create(key+"x", Row{}) }

func putEvent(e placed) (changed, error) {
	if e.Data.ID == "" {
		return changed{}, errors.New("no ID")
	}
	return brook.Create(e.Data.ID, Row{N: e.Data.N}), nil
}

func putUpper(id string) changed {
	id = "up" + id
	return brook.Create(id, Row{})
}

func pick(p Placed) string {
	if p.N > 2 {
		return p.ID
	}
	return p.Org
}

func idOf(p Placed) string { return p.ID }

func lineOf(p Placed) (LineKey, string) { return LineKey{ID: p.ID, No: 1}, p.Org }

func (p Placed) row() changed { return brook.Create(p.ID, Row{}) }

func (p Placed) orgRow() changed { return brook.Create(p.Org, Row{}) }

func (p *Placed) rowOf() changed { return brook.Create(p.ID, Row{}) }

func (p Placed) line(n int) LineKey { return LineKey{p.ID, n} }

func checkedID(p Placed) (string, error) {
	if p.ID == "" {
		return "", errors.New("no ID")
	}
	return p.ID, nil
}

func namedID(p Placed) (id string) {
	defer func() { id = p.Org }()
	return p.ID
}

func bareID(p Placed) (id string) {
	id = p.ID
	return
}

func recoveredID(p Placed) string {
	defer func() { _ = recover() }()
	if p.N > 1 {
		panic("no ID")
	}
	return p.ID
}

func deleteUnder[K comparable, V any](view brook.View[K, V], key K, n int) ([]brook.Change[K, V], error) {
	var changes []brook.Change[K, V]
	for entry, err := range view.Prefix(key, n) {
		if err != nil {
			return nil, err
		}
		changes = append(changes, brook.Delete[V](entry.Key))
	}
	return changes, nil
}

func putEach(id string, counts ...int64) (all []changed) {
	for _, n := range counts {
		all = append(all, brook.Merge(id, func(r *Row) { r.N += n }))
	}
	return all
}

func putAll(ids ...string) (all []changed) {
	for _, id := range ids {
		all = append(all, brook.Create(id, Row{}))
	}
	return all
}

func recursive(id string, n int) changed {
	if n == 0 {
		return brook.Create(id, Row{})
	}
	return recursive("x"+id, n-1)
}

var maker = brook.Create[string, Row]

var (
	saved          = brook.Create("saved", Row{})
	savedAt        = &saved
	savedAny   any = saved
	savedByOrg     = map[string]changed{}
	savedLike      = like(saved)
)

type like brook.Change[string, Row]

func remembered() changed { return saved }

func (c *container) add(change changed) { c.list = append(c.list, change) }

func fill(c *container) { c.list = append(c.list, savedAny.(changed)) }

func scrawl(x any) {
	if list, ok := x.([]changed); ok {
		list[0] = saved
	}
}

func yields(id string) iter.Seq[changed] {
	return func(yield func(changed) bool) { yield(brook.Create(id, Row{})) }
}

type fake struct{}

func (fake) Create(id string) changed { return saved }
