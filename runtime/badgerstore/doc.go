// Package badgerstore keeps an app's views on disk, in the embedded database [Badger].
//
//	store, err := badgerstore.Open("/var/lib/shop/views")
//	…
//	defer store.Close()
//	config := brook.Config{Author: "shop", Driver: driver, Store: store}
//	app, err := shop.NewApp(config, shop.Projection{})
//
// A directory belongs to one process at a time: another one gets [ErrLocked], which names the
// first. One store may serve several apps. The options are [Memory], [NoSync], [InMemory],
// [ReadOnly], [Unverified] and [Log].
//
// # What it promises
//
// A commit is one Badger transaction, synced before Commit returns unless the option NoSync is
// given: what was committed survives the process and the machine, as far as the disk keeps what
// it reports as synced. Commits that arrive while another one is being synced share the next sync,
// so tasks that run in parallel do not queue up. An opened store is always in the state after some
// commit, with all that belongs to it: rows, histories, indexes, letters and positions. A process
// that is killed loses nothing that was committed. With NoSync a machine that fails loses about
// a second; the app folds it again from the log. If the disk kept later commits and lost earlier
// ones, Open returns [ErrDamaged].
//
// Open reads all table files and checks their sums ([Unverified] leaves it out), and that no commit
// is missing between others. If there is no such state the error is [ErrDamaged]. Only a backup
// repairs that, or deleting the directory, after which the app folds the whole log again.
// [Store.Backup] makes one while the store is in use, and [Restore] a store of it; a copy of the
// directory made while no process has it open is a backup too. A damaged end of the newest log of
// writes can't be told from writes that never reached the disk: the store is in the state before.
// A file that goes bad while the store is open may show as missing rows, which the next Open finds.
// When a write fails half-way, the store refuses everything with [ErrBroken] until it is opened
// again. These errors, and [ErrClosed], wrap brook.ErrPermanent and end the app's Run. While the
// disk has little room left, commits are refused with [ErrFull], and go on once there is more:
// Badger maps its files into memory, so that the process would end with SIGBUS if the disk was
// full. It still does if others fill the disk suddenly. What has to be free is about 3/5 of the
// option [Memory], and as much again while files are compacted.
//
// # Concurrency
//
// Reads wait for no commit. A snapshot, and a scan, a history or a count of Latest, reads one
// instant, with whatever is committed meanwhile. It costs nothing to open; as long as it is, what
// it sees stays on the disk. Count goes through all keys of a table without their values, a few
// million in a second. One goroutine commits, one deletes what is dropped, and one syncs where
// commits are not; they end in Close. Badger's own goroutines flush and compact.
//
// # Memory and disk
//
// [Memory], 640 MiB by default, bounds memtables (three of 1/10 and about a third more each, of
// which one is used unless writes come faster than they are flushed), the making of tables (up to
// 4/10), the cache of blocks (8 %), that of indexes (8 %, for about 1.5 bytes a row), and rows in
// memory (8 %). Besides there are the compactions of files (up to about 100 MB while much is
// written), the heads of 65,536 histories (about 15 MB), and the batches that are being committed.
// Files are mapped into memory, which tools may count as memory of the process.
//
// Commits leave the rows that they write in memory, as they are stored, and a scan of a whole table
// those that it meets. As long as all rows of a table are there, scans, counts and reads of rows
// that do not exist need no file either. If there are too many, those of the largest table go that
// were not used lately, and of that table only rows come that are written twice within a while. Of
// values beyond 4 KiB only the keys are kept.
//
// A commit takes 15 % of a memtable at most: 9.6 MiB by default, 1.2 MiB with the least memory.
// What is larger is brook.ErrTooLarge, which makes the app commit fewer events at once. An event
// that is too large by itself becomes a dead letter; if its record is too large for that too,
// the letter does not hold it, and Redrive reads it from the log (brook.DeadLetter.Omitted). A
// key takes up to 64,971 bytes. Values beyond 15 KiB (256 KiB if the key is longer than 1 KiB)
// are stored in pieces.
//
// Superseded and deleted rows go when Badger compacts. Its value log is not used, so it needs
// no collection of garbage. Histories of more than 64 entries that are removed, and dropped
// tables, are out of sight with the commit; their keys are deleted in the background, a
// few hundred at a time.
//
// # Layout
//
// This is version 1. Open refuses a store of a later version with [ErrLayout]; later versions
// of this package read the stores of earlier ones. Numbers are big endian; a varint is one of
// encoding/binary. Each commit has the next number, from 1, which is the version that Badger keeps
// of the keys that it wrote (managed transactions). A key begins with the number of its table (4
// bytes) and its kind (1 byte). Table 0 is the store's own:
//
//	v                      → the version of the layout, as decimal text
//	t NAME                 → the table of that name: number (4),
//	                         flags (1: there were histories, 2: there were large values)
//	y TYPE                 → the event type of that name: number (4)
//	c SLOT(4)              → nothing. Each commit n writes slot n modulo 2²⁰
//	z                      → padding of small commits: logs hold fewer than 2²⁰
//	p COMMIT(8) INDEX(4)   → history to delete: table (4), life (8), flags (1),
//	                         varint length of the key, key, runs
//	d TABLE(4)             → nothing. The table was dropped, and its keys are to be deleted
//	x                      → the ID of the restoration that made the store
//
// The other tables, of which [Store.Tables] gives the names, have
//
//	r KEY                        → the value, as the table's codec encodes it
//	l KEY PIECE(4)               → a piece of a value
//	h KEY                        → the head of the row's history: life (8),
//	                               flags (1: there are large entries), varint order, runs
//	e KEY LIFE(8) TYPE(4) SEQ(8) → a history entry: order (8), then as in internal/stored
//	m … as e … PIECE(4)          → a piece of an entry
//
// A large value is in pieces of 15 KiB, or of 256 KiB if its key is longer than 1 KiB, as earlier
// versions had them all: Badger's user meta of the key is 1, and there are two varints, the number
// of pieces and the length of the whole. The runs of a head are a varint count, then of each event
// type its number, the first sequence number that is there, and how many are. Order numbers say how
// entries of several types follow one another. A history that was cleared gets another life, the
// number of the commit and of the batch in it (6 and 2 bytes).
//
// To look into a store, open it with [ReadOnly], ask for tables without a codec, and scan. What an
// app keeps in its tables is described in the project's ARCHITECTURE.md.
//
// [Badger]: https://pkg.go.dev/github.com/dgraph-io/badger/v4
package badgerstore
