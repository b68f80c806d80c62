package redisstore

import (
	"context"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/redis/go-redis/v9"
)

// Store keeps views on a Redis server. Its methods are safe for concurrent use, by
// many processes too.
type Store struct {
	client  redis.UniversalClient
	scripts scripts
	prefix  string
	limit   int

	mu     sync.Mutex
	views  map[string]*view
	tables map[string]*table
}

var (
	_ brook.Store     = (*Store)(nil)
	_ brook.Durable   = (*Store)(nil)
	_ brook.Fenced    = (*Store)(nil)
	_ brook.Dropper   = (*Store)(nil)
	_ brook.Announcer = (*Store)(nil)
)

// New returns a store on the servers of a client, after checking that they can keep views. The
// caller closes the client when the store is no longer used; the store itself has nothing to close.
func New(ctx context.Context, client redis.UniversalClient, options ...Option) (*Store, error) {
	c := config{limit: defaultLimit}
	for _, option := range options {
		option(&c)
	}
	if c.limit <= 0 {
		return nil, fmt.Errorf("redisstore: Limit is %d, and must be positive", c.limit)
	}
	if err := checkServer(ctx, client); err != nil {
		return nil, err
	}
	return &Store{client: client, scripts: newScripts(), prefix: c.prefix, limit: c.limit,
		views: map[string]*view{}, tables: map[string]*table{}}, nil
}

// Durable reports true: commits outlive the process. Whether they outlive the server depends on its
// configuration, see the package documentation.
func (s *Store) Durable() bool { return true }

// Fenced reports true: several processes may write one view.
func (s *Store) Fenced() bool { return true }

// Table returns the table of that name, with the rows that it has. The spec's Codec and Keep
// belong to the handle, and change nothing for other handles of the table. Nothing is written
// before the first row.
func (s *Store) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(spec.Name); err != nil {
		return nil, err
	}
	t := s.table(spec.Name)
	reply, err := s.scripts.open.Run(ctx, s.client,
		[]string{t.view.key, t.view.ids, t.rows, t.order}).StringSlice()
	switch {
	case err != nil:
		return nil, fmt.Errorf("redisstore: open table %s: %w", spec.Name, explain(err))
	case len(reply) == 4:
		return nil, fmt.Errorf("%w: table %s: the key %q is a %s of somebody else", ErrLayout,
			spec.Name, reply[2], reply[3])
	case len(reply) != 2:
		return nil, fmt.Errorf("%w: open table %s: a reply of %d parts", ErrDamaged,
			spec.Name, len(reply))
	}
	if err := t.view.checkLayout(reply[0]); err != nil {
		return nil, err
	}
	return &handle{t, spec.Codec, spec.Keep}, t.view.reopened(reply[1])
}

// table returns a table, which it creates if needed.
func (s *Store) table(whole string) *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[whole]
	if t == nil {
		name, rest := split(whole)
		v := s.views[name]
		if v == nil {
			v = newView(s.prefix, name)
			s.views[name] = v
		}
		t = newTable(s, v, whole, rest)
		s.tables[whole] = t
	}
	return t
}

func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("redisstore: a table needs a name")
	}
	for _, c := range []byte(name) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("redisstore: table %q: a name is of printable ASCII", name)
		}
	}
	return nil
}
