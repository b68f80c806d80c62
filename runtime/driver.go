package brook

import "context"

// Driver is a partitioned log: where events are published to and read from. Its methods are safe
// for concurrent use. An error means "not now" and is retried, unless it wraps [ErrPermanent].
//
// Further powers of a driver are interfaces of their own: [Partitioner], [Placer], [Marker], [Grower], [Grouper].
type Driver interface {
	// Partitions tells what partitions the topics have, ordered by topic and number. A topic that
	// does not exist is created where the driver creates topics, else it is an error that names it.
	Partitions(ctx context.Context, topics ...string) ([]Partition, error)

	// Open gives a reader of one partition that starts at from.Offset. An offset before the
	// start of the partition, or past its end, is an error that wraps [ErrOutOfRange].
	Open(ctx context.Context, from Position) (PartitionReader, error)

	// Publish appends records to their topics, each to the partition that its key hashes to, and
	// gives their positions in the same order once they are stored. Records of one
	// partition keep their order: after one that failed, later ones of its partition fail too, unless
	// it was refused for good. The driver keeps nothing of the records' bytes after it returned.
	//
	// Where some records failed, the error is a [*PublishError] that says which; the positions of the others
	// are valid. Those whose error wraps [ErrPermanent] are refused for good.
	Publish(ctx context.Context, records []Record) ([]Position, error)
}

// PartitionReader reads one partition in order. It is used by one goroutine at a time.
type PartitionReader interface {
	// Read waits until there is something past what it gave last: records, or offsets without
	// records (compacted, aborted, markers) that are dealt with. It gives at most max records.
	// It returns at once when ctx ends, with its error. Where retention took what comes next, and it was not read ahead, the
	// error wraps [ErrOutOfRange]. An offset's record is the same whenever it is read, its time (in milliseconds) and the order of its headers included: that
	// tells whether it is that log still. Where a log may have been cut back behind what the reader gave, it is [ErrOutOfRange] too, if the driver knows.
	Read(ctx context.Context, max int) (Chunk, error)
	// Close frees what the reader holds. The log is not affected.
	Close() error
}

// Chunk is what one read of a partition gave.
type Chunk struct {
	Records []Record // by offset; may be empty
	Next    int64    // every offset below is in this or an earlier chunk, or holds no record
	End     int64    // the offset that the partition's next record will get, as far as is known; >= Next
}

// Partition is one partition of a topic at some instant.
type Partition struct {
	Topic  string
	Number int32
	Log    string // the identity of the log: another one after a topic was deleted and made anew
	Start  int64  // the lowest offset that can be read
	End    int64  // the offset that the next record will get
}

// Partitioner is a driver that says which of so many partitions a key belongs to. Without it partitions are folded in one
// lane: nobody knows whether a key's events are all in one of them. An event that another producer put elsewhere is
// undone and run alone.
type Partitioner interface {
	Partition(key []byte, count int) int
}

// Placer is a driver that publishes records to given partitions: its Publish puts a record that is Placed into its Partition; where the topic
// has no such partition, the record fails with an error that wraps [ErrOutOfRange]. Without it, an emission that is published again, after
// a crash, comes to another partition where its topic grew meanwhile, or where it has no key: receivers take it for a new one.
type Placer interface {
	// Place returns the partition that Publish would choose now for a record of the topic with that key, which is not nil. It
	// is called for every emission: what the driver knows already is to be answered from memory.
	Place(ctx context.Context, topic string, key []byte) (int32, error)
}

// Marker is a driver that can keep, beside the log, how far a group has acted on it: published
// its emissions and run its effects. Marks only matter for stores that forget.
type Marker interface {
	// Mark records that group has acted on all below the given positions.
	Mark(ctx context.Context, group string, positions []Position) error
	// Marks gives what was marked last, for every partition that has a mark.
	Marks(ctx context.Context, group string) ([]Position, error)
}

// Grower is a driver that tells when topics got further partitions. Without it, partitions are counted when Run begins.
type Grower interface {
	// Grown waits until topics of the given partitions have others than these, and returns nil then; where ctx ends
	// before, its error.
	Grown(ctx context.Context, known []Partition) error
}

// Grouper is a driver whose apps can be members of a group. A group divides the partitions of its topics among its
// members: each is one member's at a time, and those of one number are the same member's. Its marks tell a member where the one before
// it ended.
type Grouper interface {
	Marker
	// Join makes m a member of group until ctx ends; then it leaves, and returns nil. An error says that the
	// membership could not be had, or is lost; the caller may join again, unless it wraps [ErrPermanent]. While it is a member,
	// Mark of the group marks as this member.
	Join(ctx context.Context, group string, topics []string, m Member) error
}

// Member is told what it has in a group. Its methods are called one at a time, and not after Join returned.
type Member interface {
	// Release is called before the partitions are divided anew, and before the member leaves. What it has is its own until Release
	// returns: the time to mark what was acted on. The group waits for it until ctx ends, which has nothing to do with Join's: on leaving
	// that one has ended.
	Release(ctx context.Context)
	// Assign gives all that the member has from now on, with the group's marks as their offsets, 0 where there is none. It is called
	// with none when the membership is lost.
	Assign(partitions []Position)
}
