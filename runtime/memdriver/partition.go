package memdriver

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Blocks begin small, for topics of a few records, and double.
const (
	firstBlock = 64
	lastBlock  = 4096
)

// A partition keeps its records in blocks that never move, so that readers can share them.
type partition struct {
	topic  *topic
	number int32

	mu      sync.Mutex
	blocks  [][]brook.Record // none is empty
	start   int64            // the first offset that can be read
	end     int64            // the next record's offset
	cuts    []int64          // the ends that truncations left, in order
	stamped time.Time        // the last time that the driver chose
	wake    chan struct{}    // closed when something is published; nil if nobody waits
}

func (p *partition) span() (start, end int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.start, p.end
}

func (p *partition) outOfRange(offset, start, end int64) error {
	return fmt.Errorf("memdriver: offset %d of %s/%d is not within %d to %d: %w",
		offset, p.topic.name, p.number, start, end, brook.ErrOutOfRange)
}

// append adds a run of records of a batch, from the first on.
func (p *partition) append(b *batch, first int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := first; ; i = b.following[i] {
		r := brook.Record{Topic: p.topic.name, Partition: p.number, Offset: p.end,
			Time: b.records[i].Time}
		if r.Time.IsZero() {
			if now.After(p.stamped) {
				p.stamped = now
			}
			r.Time = p.stamped
		}
		r.Time = r.Time.UTC().Round(0)
		r.Key, r.Value, r.Headers = b.copier.record(&b.records[i])
		block := p.room()
		*block = append(*block, r)
		b.positions[i] = r.Position()
		p.end++
		if b.following[i] == 0 {
			break
		}
	}
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
}

// room returns the last block, which has room for a record.
func (p *partition) room() *[]brook.Record {
	size := firstBlock
	if n := len(p.blocks); n > 0 {
		last := &p.blocks[n-1]
		if len(*last) < cap(*last) {
			return last
		}
		size = min(2*cap(*last), lastBlock)
	}
	p.blocks = append(p.blocks, make([]brook.Record, 0, size))
	return &p.blocks[len(p.blocks)-1]
}

// read returns up to max records from an offset on, all of one block. If there are none yet it
// returns a channel that is closed when there are.
func (p *partition) read(from int64, max int, cuts *int) (brook.Chunk, <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cut := len(p.cuts) > *cuts && slices.Min(p.cuts[*cuts:]) < from
	*cuts = len(p.cuts)
	if from < p.start || from > p.end || cut {
		return brook.Chunk{}, nil, p.outOfRange(from, p.start, p.end)
	}
	if from == p.end {
		if p.wake == nil {
			p.wake = make(chan struct{})
		}
		return brook.Chunk{}, p.wake, nil
	}
	n := sort.Search(len(p.blocks), func(i int) bool { return p.blocks[i][0].Offset > from }) - 1
	rest := p.blocks[n][from-p.blocks[n][0].Offset:]
	if len(rest) > max {
		rest = rest[:max]
	}
	return brook.Chunk{Records: slices.Clip(rest), Next: from + int64(len(rest)),
		End: p.end}, nil, nil
}

func (p *partition) cutsSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.cuts)
}

// truncate drops the records from an offset on.
func (p *partition) truncate(from int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from = max(from, p.start); from >= p.end {
		return
	}
	p.end = from
	p.cuts = append(p.cuts, from)
	n := len(p.blocks)
	for n > 0 && p.blocks[n-1][0].Offset >= from {
		n--
	}
	p.blocks = slices.Delete(p.blocks, n, len(p.blocks))
	if n > 0 { // readers may hold what was behind: it is not overwritten
		last := p.blocks[n-1]
		p.blocks[n-1] = slices.Clip(last[:min(int64(len(last)), from-last[0].Offset)])
	}
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
}

// trim drops the records before an offset.
func (p *partition) trim(before int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start = max(p.start, min(before, p.end))
	n := 0
	for n < len(p.blocks) && p.blocks[n][len(p.blocks[n])-1].Offset < p.start {
		n++
	}
	p.blocks = slices.Delete(p.blocks, 0, n)
}
