package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// layoutVersion is the version of the layout that the package documentation describes.
const layoutVersion = 1

// Open opens the store in a directory, and creates both if they do not exist. It returns
// [ErrLocked], [ErrDamaged] or [ErrLayout], or an error of the system.
func Open(dir string, opts ...Option) (*Store, error) {
	c := config{limit: DefaultMemory}
	for _, option := range opts {
		option(&c)
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.memory && (dir != "" || c.readOnly) || !c.memory && dir == "" {
		return nil,
			errors.New("badgerstore: a store is in a directory, or in memory and then not read-only")
	}
	s := &Store{dir: dir, log: c.log, memory: c.memory, readOnly: c.readOnly, slots: ringSize,
		closeWait: closeWait, tables: map[string]*table{}, types: newTypes(),
		heads: newHeads(cachedHeads),
		stop:  make(chan struct{}), stopped: make(chan struct{}), purgeDue: make(chan struct{}, 1)}
	if err := s.open(&c); err != nil {
		return nil, err
	}
	s.rows.limit = c.rows()
	s.start(&c)
	return s, nil
}

func (s *Store) open(c *config) error {
	log := &badgerLog{log: s.log, dir: s.dir}
	o := c.badger(s.dir, log)
	var found files
	if !s.memory {
		var err error
		if found, err = s.inspect(c, o); err != nil {
			return err
		}
	}
	if err := s.openBadger(o, log); err != nil {
		return err
	}
	if err := s.load(found.logs > 0); err != nil {
		_ = s.db.Close()
		return err
	}
	return nil
}

// inspect checks the files before Badger opens them, with the directory locked.
func (s *Store) inspect(c *config, o badger.Options) (found files, err error) {
	unlock, err := lockDirIfThere(s.dir, c.readOnly)
	if err != nil {
		return found, err
	}
	defer func() { unlock() }()
	if found, err = prepare(s.dir, c.readOnly); err != nil {
		return found, err
	}
	if found.logs > 0 && c.readOnly {
		return found,
			fmt.Errorf("badgerstore: %s: the store was not closed in order: "+
				"open it for writing once", s.dir)
	}
	if err := verify(s.dir, o, found, !c.unverified); err != nil {
		return found, err
	}
	if found.largest > o.MemTableSize && found.largest != 2*o.MemTableSize {
		// It was written with more memory: it would not fit into today's memtables, and Badger
		// would end the process.
		o.MemTableSize = found.largest + found.largest/4
		unlock()
		unlock = func() {}
		if err := s.openBadger(o, &badgerLog{log: s.log, dir: s.dir}); err != nil {
			return found, err
		}
		if err := s.db.Close(); err != nil {
			return found, fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
		}
	}
	return found, nil
}

// openBadger opens the database.
func (s *Store) openBadger(o badger.Options, log *badgerLog) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: open %s: %v", ErrDamaged, s.dir, r)
		}
	}()
	o.Logger = log
	s.db, err = badger.OpenManaged(o)
	switch {
	case err != nil && strings.Contains(err.Error(), "directory lock"):
		return lockedError(s.dir)
	case err != nil:
		return fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
	case log.ignored.Load() != nil:
		_ = s.db.Close()
		return fmt.Errorf("%w: open %s: %s", ErrDamaged, s.dir, *log.ignored.Load())
	}
	keepNoAllocators(s.db)
	s.minCommit = minCommit(o)
	s.limit, s.limitCount = s.db.MaxBatchSize()-s.minCommit-reserved,
		s.db.MaxBatchCount()-reservedCount
	return nil
}

// load reads the store's own keys.
func (s *Store) load(crashed bool) error {
	s.ts = s.db.MaxVersion()
	in := s.db.NewTransactionAt(s.ts, false)
	if err := s.checkLayout(in); err != nil {
		return err
	}
	in = s.db.NewTransactionAt(s.ts, false) // with the keys that a new store got
	if !s.memory {
		if err := s.checkRing(in, s.ts, crashed); err != nil {
			return err
		}
	}
	if err := s.loadNames(in); err != nil {
		return fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
	}
	if err := eachKey(in, 0, kindRestored, func(_, id []byte) error {
		s.restoration = string(id)
		return nil
	}); err != nil {
		return fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
	}
	s.publish(s.ts)
	return nil
}

// checkLayout reads the version of the layout, and writes it if the store is new.
func (s *Store) checkLayout(in *badger.Txn) error {
	key := appendPrefix(nil, 0, kindLayout)
	item, err := in.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		if s.ts > 0 {
			return fmt.Errorf("%w: %s: there is a Badger database that is no store of this "+
				"package, or no longer a whole one", ErrLayout, s.dir)
		}
		if s.readOnly {
			return fmt.Errorf("%w: %s: the store is empty", ErrLayout, s.dir)
		}
		g := s.newGroup()
		defer g.discard()
		g.set(key, strconv.AppendInt(nil, layoutVersion, 10), 0)
		g.accept(&commit{})
		g.members = g.members[:0]
		return s.write(g)
	}
	if err != nil {
		return fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
	}
	text, err := item.ValueCopy(nil)
	if err != nil {
		return fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
	}
	version, err := strconv.Atoi(string(text))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s: the version %.20q is no number", ErrLayout, s.dir, text)
	case version > layoutVersion:
		return fmt.Errorf("%w: %s has layout %d, and this version of badgerstore knows layouts up "+
			"to %d: use the brook version that wrote it, or a newer one",
			ErrLayout, s.dir, version, layoutVersion)
	}
	return nil
}

// start starts the writing goroutines.
func (s *Store) start(c *config) {
	if s.readOnly {
		return
	}
	s.queue = make(chan *commit, 64)
	s.workers.Add(2)
	go func() {
		defer s.workers.Done()
		s.committer()
	}()
	go s.purger()
	s.wakePurger()
	if c.noSync && !s.memory {
		s.workers.Add(1)
		go s.syncer()
	}
}
