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

// DefaultMemory is about how many bytes of memory a store uses if the option Memory is not given.
const DefaultMemory = 640 << 20

// minMemory allows commits of 1.2 MB: the whole dead letter of a record of Kafka's usual limit.
const minMemory = 80 << 20

// maxMemtable is the size beyond which memtables only cause longer pauses.
const maxMemtable = 256 << 20

// Memory bounds the store's memory to about so many bytes, at least 80 MiB: 40 % for memtables,
// which fill while writes come faster than they are flushed; up to 40 % for the tables made of
// them; 8 % for the cache of blocks of files, 8 % for that of their indexes, and 8 % for rows that
// were written or scanned. Compactions take up to about 100 MB more while much is written. What
// Go's collector has not freed yet comes on top, up to as much again; GOMEMLIMIT bounds both.
// [Store.Limit], the most that a commit may hold, is 1.5 % of it, at most 40 MB.
func Memory(bytes int64) Option { return func(c *config) { c.limit = max(bytes, minMemory) } }

// NoSync leaves it to the system when commits reach the disk. A process that is killed loses
// nothing; a machine that fails loses about the last second. If the disk lost commits and kept
// later ones, Open returns ErrDamaged.
func NoSync() Option { return func(c *config) { c.noSync = true } }

// InMemory keeps everything in memory, for tests. The directory must be "", and the
// store is not durable.
func InMemory() Option { return func(c *config) { c.memory = true } }

// ReadOnly opens a store that was closed cleanly, for reading. Several processes may do so at the
// same time, but none while another one writes: copy the directory then.
func ReadOnly() Option { return func(c *config) { c.readOnly = true } }

// Unverified makes Open skip reading every table file to check its sums, which takes about a second
// per 150 MB and processor. A file that went bad on the disk may then show as missing rows.
func Unverified() Option { return func(c *config) { c.unverified = true } }

// Log sets where the store and Badger log what users should know. The default is slog.Default().
func Log(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// rows returns how much memory rows may take.
func (c *config) rows() int64 { return c.limit * 8 / 100 }

// badger returns the options of Badger.
func (c *config) badger(dir string, log badger.Logger) badger.Options {
	o := badger.DefaultOptions(dir)
	o.Logger = log
	o.InMemory = c.memory
	o.ReadOnly = c.readOnly
	o.SyncWrites = !c.noSync && !c.memory
	o.DetectConflicts = false // there is one committer
	o.MetricsEnabled = false  // they are global
	o.NumCompactors = 2
	o.NumMemtables = 1 // one waits to be flushed; two more are being written and flushed
	o.MemTableSize = min(c.limit/10, maxMemtable)
	o.BlockCacheSize = c.limit * 8 / 100
	o.IndexCacheSize = c.limit * 8 / 100
	o.BlockSize = 16 << 10 // with room for the key of a piece
	// All values stay in the tables: see pieceSize.
	o.ValueThreshold = 2 * largestPiece
	o.ValueLogFileSize = 1 << 20
	o.ChecksumVerificationMode = options.OnBlockRead
	return o
}
