package kafkadriver

import (
	"sync"
	"time"
)

// A fetcher fetches the partitions that one broker leads, over two connections: a long poll holds up all that is asked
// over the same one. The tail waits for news of the partitions that are read to their end. The other brings what there
// is of those that are behind; and while the tail waits, news of those that came to their end since.
type fetcher struct {
	reading *reading
	addr    string

	// Guarded by reading.mu.
	changed *sync.Cond
	readers map[*reader]struct{}
	waiting bool // the tail is in a long poll
	gone    bool // the broker is no more, and nobody reads from it
}

// short is how long a poll lasts that another may have to wait for.
const short = 10 * time.Millisecond
