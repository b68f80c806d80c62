package retry

import (
	"fmt"
	"sync"
	"time"
)

// Pending is what store and driver are asked for until they do it.
type Pending struct {
	mu  sync.Mutex
	all []*Request
}

// Request is one thing that is asked for; the mutex of Pending guards it.
type Request struct {
	what  string
	since time.Time // the first try began
	tries int       // that failed
	err   error     // of the last of them
}

// Begin notes that something is asked for.
func (p *Pending) Begin(what string) *Request {
	r := &Request{what: what, since: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, r)
	return r
}

// Failed notes a try that failed; r may be nil.
func (p *Pending) Failed(r *Request, tries int, err error) {
	if r == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r.tries, r.err = tries, err
}

// End notes that it is asked for no more.
func (p *Pending) End(r *Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if p.all[i] == r {
			last := len(p.all) - 1
			p.all[i], p.all[last] = p.all[last], nil
			p.all = p.all[:last]
			return
		}
	}
}

// Longest says what has been asked for the longest, "" if nothing is.
func (p *Pending) Longest() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var first *Request
	for _, r := range p.all {
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
		first.what, Times(first.tries), first.err)
}
