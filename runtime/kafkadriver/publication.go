package kafkadriver

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// A publication is one call of Publish.
type publication struct {
	size  int64
	leave func() // gives back the room that it took
	done  chan struct{}

	mu        sync.Mutex
	positions []brook.Position
	errs      []error // nil where none failed
	left      int     // records that nothing is known of yet
	over      bool    // the caller is gone
}

// outcome gives what Publish returns; from then on the publication changes no more.
func (p *publication) outcome() ([]brook.Position, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.errs != nil {
		return p.positions, &brook.PublishError{Errs: p.errs}
	}
	return p.positions, nil
}

// stored notes where records are.
func (p *publication) stored(at []int32, first brook.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for i, n := range at {
			p.positions[n] = brook.Position{Topic: first.Topic, Partition: first.Partition, Offset: first.Offset + int64(i)}
		}
	}
	p.settle(len(at))
}

// refused notes why records failed.
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
		p.leave()
		close(p.done)
	}
}

func (p *publication) fail(n int, err error) {
	if p.errs == nil {
		p.errs = make([]error, len(p.positions))
	}
	p.errs[n] = ofRecord(err)
}
