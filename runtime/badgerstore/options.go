package badgerstore

import (
	"log/slog"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Option changes how a store is opened.
type Option func(*config)

type config struct {
	noSync     bool
	memory     bool
	readOnly   bool
	unverified bool
	limit      int64
	log        *slog.Logger
}

// DefaultMemory is about how many bytes a store keeps in memory at most where the option Memory is not given.
const DefaultMemory = 640 << 20

// minMemory lets a commit take 1.2 MB: the whole dead letter of a record of Kafka's usual limit.
const minMemory = 80 << 20

// maxMemtable is beyond which larger memtables only make larger pauses.
const maxMemtable = 256 << 20

// Memory bounds the store's memory to about so many bytes, 80 MiB at least: 40 % are for memtables, filled while writes
// come faster than they are flushed; up to 40 % for the tables that are made of them; 16 % cache blocks of files, and 8 %
// their indexes. Compactions take up to about 100 MB more while much is written. What Go's collector has not freed yet comes on top, up to as much again; GOMEMLIMIT bounds both.
// [Store.Limit], what a commit may hold, is 1.5 % of it, and 40 MB at most.
func Memory(bytes int64) Option { return func(c *config) { c.limit = max(bytes, minMemory) } }

// NoSync leaves it to the system when commits reach the disk. A process that is killed loses nothing; a machine that
// fails loses about the last second. Should the disk have lost commits and kept later ones, Open gives ErrDamaged.
func NoSync() Option { return func(c *config) { c.noSync = true } }

// InMemory keeps all in memory, for tests; the directory must be "", and the store is not durable.
func InMemory() Option { return func(c *config) { c.memory = true } }

// ReadOnly opens a store that was closed in order, to look at it. Several processes may do so at a time, but none
// while another one writes: copy the directory then.
func ReadOnly() Option { return func(c *config) { c.readOnly = true } }

// Unverified leaves out that Open reads every table file to check its sums, which takes about a second per 150 MB and processor. A file that went
// bad on the disk may then show as missing rows.
func Unverified() Option { return func(c *config) { c.unverified = true } }

// Log is where the store and Badger tell what people should know; slog.Default() where it is not given.
func Log(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// badger gives the options of Badger.
func (c *config) badger(dir string, log badger.Logger) badger.Options {
	o := badger.DefaultOptions(dir)
	o.Logger = log
	o.InMemory = c.memory
	o.ReadOnly = c.readOnly
	o.SyncWrites = !c.noSync && !c.memory
	o.DetectConflicts = false // one committer
	o.MetricsEnabled = false  // they are global
	o.NumCompactors = 2
	o.NumMemtables = 1 // that waits to be flushed; two more are written and being flushed
	o.MemTableSize = min(c.limit/10, maxMemtable)
	o.BlockCacheSize = c.limit * 16 / 100
	o.IndexCacheSize = c.limit * 8 / 100
	o.BlockSize = 16 << 10 // with room for the key of a piece
	// All values stay in the tables: see pieceSize.
	o.ValueThreshold = 2 * largestPiece
	o.ValueLogFileSize = 1 << 20
	o.ChecksumVerificationMode = options.OnBlockRead
	return o
}
