package brook

import "time"

// Retry says how often something is tried, and how long to wait in between. The waits double from
// Min up to Max, each made a little shorter by chance. The zero Retry has the defaults.
type Retry struct {
	Attempts int           // how often it is tried in all; 0: 5 times; 1: it is not tried again
	Min      time.Duration // the first wait; 0: 50 ms
	Max      time.Duration // the longest wait; 0: 5 s
}
