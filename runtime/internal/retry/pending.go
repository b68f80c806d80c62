package retry

import (
	"fmt"
	"sync"
	"time"
)

// Pending is what store and driver are asked for until they do it.
type Pending struct {
	mu     sync.Mutex
	all    []*Request
	mended time.Time // when a request ended that had failed or was slow
}

// Request is one thing that is asked for; the mutex of Pending guards it.
type Request struct {
	what  string
	log   bool      // of the driver; else of the store
	watch bool      // it is shown, and no call waits for it
	since time.Time // the first try began
	tries int       // that failed
	err   error     // of the last of them
}

// Begin notes that the store is asked for something.
func (p *Pending) Begin(what string) *Request { return p.begin(what, false) }

// Watch notes that the driver fails at something that is tried beside all calls.
func (p *Pending) Watch(what string) *Request {
	r := p.begin(what, true)
	p.mu.Lock()
	defer p.mu.Unlock()
	r.watch = true
	return r
}

func (p *Pending) begin(what string, log bool) *Request {
	r := &Request{what: what, log: log, since: time.Now()}
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
			if now := time.Now(); r.stuck(now) {
				p.mended = now
			}
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
		if !r.watch && (first == nil || r.since.Before(first.since)) {
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

// slowAfter is how long store and driver may take to answer.
const slowAfter = 5 * time.Second

// stuck reports whether a request failed, or takes long. That others hold the lease for long is
// nothing that the store is to be blamed for.
func (r *Request) stuck(now time.Time) bool {
	return r.tries > 0 || now.Sub(r.since) > slowAfter && r.what != "lease"
}

// Stuck is what store or driver has failed at, or not answered, for the longest.
type Stuck struct {
	Log   bool // the driver; else the store
	Since time.Time
	Why   string
}

// Stuck returns what store or driver has failed at for the longest, or has not answered in a while;
// ok is false if neither has. mended is when the last such request came to its end.
func (p *Pending) Stuck(now time.Time) (first Stuck, ok bool, mended time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.all {
		if !r.stuck(now) || ok && !r.since.Before(first.Since) {
			continue
		}
		first, ok = Stuck{Log: r.log, Since: r.since, Why: r.what + ": no answer yet"}, true
		if r.err != nil {
			first.Why = fmt.Sprintf("%s, failed %s: %v", r.what, Times(r.tries), r.err)
		}
	}
	return first, ok, p.mended
}
