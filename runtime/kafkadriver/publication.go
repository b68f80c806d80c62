package kafkadriver

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// A publication is one call of Publish.
type publication struct {
	limiter *byteLimiter
	size    int64
	entered int64  // what it took of the byte limit
	slab    []byte // the contents of the records; nil once all of them have a result
	done    chan struct{}

	mu        sync.Mutex
	positions []brook.Position
	errs      []error // nil if none failed
	left      int     // records without a result yet
	over      bool    // the caller has returned

	// small is the memory of a call of one record: one allocation in place of four.
	small struct {
		calls   callRecords
		all     [1]*callRecords
		of      [1]int32
		records [1]sentRecord
	}
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
func (p *publication) stored(records []sentRecord, first brook.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for i := range records {
			p.positions[records[i].at] = brook.Position{Topic: first.Topic, Partition: first.Partition,
				Offset: first.Offset + int64(i)}
		}
	}
	p.settle(len(records))
}

// refused sets the error of records.
func (p *publication) refused(records []sentRecord, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for i := range records {
			p.fail(int(records[i].at), err)
		}
	}
	p.settle(len(records))
}

// settle counts records that have a result. When all of them have, none is sent any more.
func (p *publication) settle(n int) {
	if p.left -= n; p.left == 0 {
		p.limiter.release(p.entered)
		freeSlab(p.slab)
		p.slab = nil
		close(p.done)
	}
}

func (p *publication) fail(n int, err error) {
	if p.errs == nil {
		p.errs = make([]error, len(p.positions))
	}
	p.errs[n] = ofRecord(err)
}
