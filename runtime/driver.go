package brook

import "context"

// Driver is a partitioned log, which events are published to and read from. Its methods are safe
// for concurrent use. An error means "not now" and is retried, unless it wraps [ErrPermanent].
//
// Further powers of a driver are interfaces of their own: [Partitioner], [Placer], [Marker],
// [Grower] and [Grouper]. A further power of its readers is [Lender].
type Driver interface {
	// Partitions returns the partitions that the topics have, ordered by topic and number. If a
	// topic does not exist, a driver that creates topics creates it, another returns an error that
	// names it.
	Partitions(ctx context.Context, topics ...string) ([]Partition, error)

	// Open returns a reader of one partition that starts at from.Offset. If the offset is before
	// the start of the partition, or past its end, the error wraps [ErrOutOfRange].
	Open(ctx context.Context, from Position) (PartitionReader, error)

	// Publish appends records to their topics, each to the partition that its key hashes to. It
	// returns their positions, in the order of records, once they are stored. Records of one
	// partition keep their order: after one that failed, later ones of its partition fail too,
	// unless it was refused for good. The driver keeps none of the records' bytes once it has
	// returned.
	//
	// If some records failed, the error is a [*PublishError] that says which, and the positions of
	// the others are valid. A record whose error wraps [ErrPermanent] is refused for good.
	Publish(ctx context.Context, records []Record) ([]Position, error)
}

// PartitionReader reads one partition in order. One goroutine uses it at a time.
type PartitionReader interface {
	// Read waits until there is something after what it returned last: records, or offsets without
	// records (compacted, aborted, markers), which count as dealt with. It returns at most max
	// records, whose bytes the driver may share. When ctx ends it returns the error of ctx at once.
	//
	// If retention removed what comes next, and it was not read ahead, the error wraps
	// [ErrOutOfRange]; so it does if the log was cut back behind what the reader returned, and the
	// driver can know. The record at an offset is the same whenever it is read, including its time
	// (in milliseconds) and the order of its headers: by that an app recognizes the log.
	Read(ctx context.Context, max int) (Chunk, error)
	// Close frees what the reader holds. It does not change the log.
	Close() error
}

// Lender is a PartitionReader that uses the memory of its records again. A reader that wraps one
// and is no Lender itself is correct: what Read returned is never used again.
type Lender interface {
	PartitionReader
	// Lend is Read, but the records are lent: after release nobody may look at c.Records or at the
	// bytes of their keys, values and headers, and the reader may write there. Strings are not lent.
	//
	// The caller calls release at most once, from any goroutine, also while the reader reads, and
	// after Close. Until then, and if it never does, the records stay as they are, whatever else is
	// released. release is nil if there is nothing to return, and when Lend returns an error.
	Lend(ctx context.Context, max int) (c Chunk, release func(), err error)
}

// Chunk is what one read of a partition returned.
type Chunk struct {
	Records []Record // by offset; may be empty
	Next    int64    // every offset below is in this or an earlier chunk, or holds no record
	End     int64    // the offset that the next record will get, as far as is known; >= Next
}

// Partition is one partition of a topic at some instant.
type Partition struct {
	Topic  string
	Number int32
	Log    string // the identity of the log: another one after a topic was deleted and made anew
	Start  int64  // the lowest offset that can be read
	End    int64  // the offset that the next record will get
}

// Partitioner is a driver that says which partition a key belongs to. Without it, all partitions
// are folded in one lane, because nobody knows whether the events of a key are all in one
// partition. An event that another producer put elsewhere is undone and run alone.
type Partitioner interface {
	// Partition returns the number of the partition, of count, that records with the key go to.
	Partition(key []byte, count int) int
}

// Placer is a driver that publishes records to given partitions: its Publish puts a record that is
// Placed into its Partition. If the topic has no such partition, the record fails with an error
// that wraps [ErrOutOfRange]. Without a Placer, an emission that is published again after a crash
// goes to another partition if its topic grew meanwhile or it has no key, and receivers take it for
// a new one.
type Placer interface {
	// Place returns the partition that Publish would now choose for a record of the topic with that
	// key, which is not nil. It is called for every emission: it should answer from memory.
	Place(ctx context.Context, topic string, key []byte) (int32, error)
}

// Marker is a driver that can keep, beside the log, how far a group has acted on it: published its
// emissions and run its effects. Marks only matter for stores that forget.
type Marker interface {
	// Mark records that group has acted on all offsets below the given positions.
	Mark(ctx context.Context, group string, positions []Position) error
	// Marks returns what was marked last, for every partition that has a mark.
	Marks(ctx context.Context, group string) ([]Position, error)
}

// Grower is a driver that notices when topics get further partitions. Without it, partitions are
// counted when Run begins.
type Grower interface {
	// Grown waits until the topics of the given partitions have others than these, and returns nil
	// then. If ctx ends before, it returns the error of ctx.
	Grown(ctx context.Context, known []Partition) error
}

// Grouper is a driver whose apps can be members of a group. A group divides the partitions of its
// topics among its members: each partition is one member's at a time, and those with one number are
// the same member's. By the marks a member knows how far the one before it came.
type Grouper interface {
	Marker
	// Join makes m a member of group until ctx ends; then the member leaves, and Join returns nil.
	// An error says that the membership could not be had, or is lost. The caller may join again,
	// unless the error wraps [ErrPermanent]. During the membership, Mark for the group marks as
	// this member.
	Join(ctx context.Context, group string, topics []string, m Member) error
}

// Member is called with what it has in a group. Its methods are called one at a time, and not after
// Join has returned.
type Member interface {
	// Release is called before the partitions are divided anew, and before the member leaves. Until
	// it returns, the member keeps what it has: it is the time to mark what was acted on. The group
	// waits for Release until ctx ends. This is not the context of Join, which has ended when the
	// member leaves.
	Release(ctx context.Context)
	// Assign is called with all partitions that the member has from now on, with the group's marks
	// as their offsets, 0 if there is none. It is called with no partitions when the membership is
	// lost.
	Assign(partitions []Position)
}
