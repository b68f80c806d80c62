package rebuild

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

const (
	reportEvery = time.Second      // to the hook
	logEvery    = 10 * time.Second // to the log
)

// progress reports how far a rebuild has come, now and then. Its times are those of the reports
// before.
type progress struct {
	began, reported, logged time.Time
	// from is where partitions begin that do not begin at their first offset.
	from map[partition.ID]int64
}

func newProgress() progress {
	now := time.Now()
	return progress{began: now, reported: now, logged: now, from: map[partition.ID]int64{}}
}

// committed reports where the partitions stand, unless that was done a moment ago.
func (p *progress) committed(s *task.Set, partitions []*task.Partition) {
	now := time.Now()
	if now.Sub(p.reported) < reportEvery {
		return
	}
	p.report(s, partitions)
}

// report reports where the partitions stand.
func (p *progress) report(s *task.Set, partitions []*task.Partition) {
	now := time.Now()
	p.reported = now
	at := brook.RebuildProgress{Took: now.Sub(p.began)}
	for _, f := range partitions {
		from, ok := p.from[f.ID]
		if !ok {
			from = f.First
		}
		at.Read += f.Next() - from
		at.Total += max(f.Target(), f.Next()) - from
	}
	if at.Read > 0 {
		at.Left = time.Duration(float64(at.Took) / float64(at.Read) * float64(at.Total-at.Read))
	}
	log := now.Sub(p.logged) >= logEvery
	if log {
		p.logged = now
	}
	s.Rebuilds.Progress(at)
	s.Report.RebuildProgress(at, log)
}
