package kafkadriver

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// A publication is one call of Publish.
type publication struct {
	size    int64
	release func() // gives back what it took of the byte limit
	done    chan struct{}

	mu        sync.Mutex
	positions []brook.Position
	errs      []error // nil if none failed
	left      int     // records without a result yet
	over      bool    // the caller has returned
}

// outcome returns what Publish returns. From then on the publication does not change.
func (p *publication) outcome() ([]brook.Position, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.errs != nil {
		return p.positions, &brook.PublishError{Errs: p.errs}
	}
	return p.positions, nil
}

// stored sets the positions of records.
func (p *publication) stored(at []int32, first brook.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for i, n := range at {
			p.positions[n] = brook.Position{Topic: first.Topic, Partition: first.Partition,
				Offset: first.Offset + int64(i)}
		}
	}
	p.settle(len(at))
}

// refused sets the error of records.
func (p *publication) refused(at []int32, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for _, n := range at {
			p.fail(int(n), err)
		}
	}
	p.settle(len(at))
}

func (p *publication) settle(n int) {
	if p.left -= n; p.left == 0 {
		p.release()
		close(p.done)
	}
}

func (p *publication) fail(n int, err error) {
	if p.errs == nil {
		p.errs = make([]error, len(p.positions))
	}
	p.errs[n] = ofRecord(err)
}
