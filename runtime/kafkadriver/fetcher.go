package kafkadriver

import (
	"sync"
	"time"
)

// A fetcher fetches the partitions that one broker leads, over two connections, because a long poll
// blocks all later requests on its connection. The tail connection long-polls the partitions that
// are read to their end. The other one fetches those that are behind, and, while the tail waits,
// polls those that reached their end since.
type fetcher struct {
	reading *reading
	addr    string

	// Guarded by reading.mu.
	changed *sync.Cond
	readers map[*reader]struct{}
	waiting bool // the tail is in a long poll
	gone    bool // the broker left the cluster, and nobody reads from it
}

// shortPoll is how long a poll lasts if other partitions may have to wait for its end.
const shortPoll = 10 * time.Millisecond
