package engine

import (
	"fmt"
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// asked is what store and driver are asked for until they do it.
type asked struct {
	mu  sync.Mutex
	all []*request
}

// request is one thing that is asked for; asked's mu guards it.
type request struct {
	what  string
	since time.Time // the first try began
	tries int       // that failed
	err   error     // of the last of them
}

func (a *asked) begin(what string) *request {
	r := &request{what: what, since: time.Now()}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, r)
	return r
}

// failed notes a try that failed; r may be nil.
func (a *asked) failed(r *request, tries int, err error) {
	if r == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	r.tries, r.err = tries, err
}

func (a *asked) end(r *request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.all {
		if a.all[i] == r {
			last := len(a.all) - 1
			a.all[i], a.all[last] = a.all[last], nil
			a.all = a.all[:last]
			return
		}
	}
}

// waiting says what has been asked for the longest, "" if nothing is.
func (a *asked) waiting() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first *request
	for _, r := range a.all {
		if first == nil || r.since.Before(first.since) {
			first = r
		}
	}
	switch {
	case first == nil:
		return ""
	case first.err == nil:
		return fmt.Sprintf("it waits for the store or the driver to answer (%s)", first.what)
	}
	return fmt.Sprintf("it waits for the store or the driver (%s, failed %s): %v",
		first.what, retry.Times(first.tries), first.err)
}
