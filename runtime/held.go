package brook

import "time"

// Held is what a log keeps back of a partition: records that it has and delivers to nobody yet.
type Held struct {
	Topic     string
	Partition int32
	Records   int64     // offsets from the end up to which the log delivers
	Since     time.Time // when a reader noticed
}

// Withholder is a driver whose log may keep records back, as Kafka does with those of an open
// transaction and all behind them. They do not count for [Partition].End, so that nobody waits for
// what may never come. Without a Withholder, an app whose log keeps records back has no lag.
type Withholder interface {
	// Held returns the partitions whose readers came to records that are kept back. Any goroutine
	// may call it; it answers from memory.
	Held() []Held
}
