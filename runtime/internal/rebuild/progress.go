package rebuild

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
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
}

func newProgress() progress {
	now := time.Now()
	return progress{began: now, reported: now, logged: now}
}

// committed reports where the partitions stand, unless that was done a moment ago.
func (p *progress) committed(r *report.Reporter, partitions []*task.Partition) {
	now := time.Now()
	if now.Sub(p.reported) < reportEvery {
		return
	}
	p.reported = now
	at := brook.RebuildProgress{Took: now.Sub(p.began)}
	for _, f := range partitions {
		at.Read += f.Next() - f.First
		at.Total += max(f.Target(), f.Next()) - f.First
	}
	if at.Read > 0 {
		at.Left = time.Duration(float64(at.Took) / float64(at.Read) * float64(at.Total-at.Read))
	}
	log := now.Sub(p.logged) >= logEvery
	if log {
		p.logged = now
	}
	r.RebuildProgress(at, log)
}
