package brook

import "time"

// Retry says how often and when something is tried again. Waits double from Min up to Max, each
// made a little shorter by chance.
type Retry struct {
	Attempts int           // tries in all, 5 where zero; 1: never again
	Min      time.Duration // the first wait, 50 ms where zero
	Max      time.Duration // the longest wait, 5 s where zero
}
