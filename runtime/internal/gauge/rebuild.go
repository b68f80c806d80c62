package gauge

import (
	"errors"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// Rebuild is the rebuild or preview that is under way, or the last one. The zero Rebuild is that of
// an app that had none.
type Rebuild struct {
	mu   sync.Mutex
	last *brook.RebuildStatus // nil: there was none
}

// longest is how many bytes an error has that is shown.
const longest = 2000

// Begin notes that a rebuild, or a preview of one, begins.
func (r *Rebuild) Begin(preview bool) {
	now := time.Now().UTC()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = &brook.RebuildStatus{Running: true, Preview: preview, Began: now}
}

// Progress notes how far it has come.
func (r *Rebuild) Progress(p brook.RebuildProgress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil && r.last.Running {
		r.last.Progress = p
	}
}

// End notes what it came to: report is that of one that was promoted, or of a preview. Nobody
// changes the report any more.
func (r *Rebuild) End(report *brook.RebuildReport, err error) {
	now := time.Now().UTC()
	if refused := (*brook.RebuildRefusedError)(nil); errors.As(err, &refused) {
		report = &refused.Report
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		return
	}
	r.last.Running, r.last.Ended, r.last.Report = false, now, report
	r.last.Progress.Left, r.last.Progress.Took = 0, now.Sub(r.last.Began)
	if report != nil { // a short one reported no progress
		r.last.Progress.Read, r.last.Progress.Total = report.Read, report.Read
	}
	if r.last.Err = ""; err != nil {
		r.last.Err = text.Cut(err.Error(), longest)
	}
}

// Last returns the rebuild that is under way, or the last one; nil: there was none.
func (r *Rebuild) Last() *brook.RebuildStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		return nil
	}
	last := *r.last
	if last.Running {
		last.Progress.Took = time.Since(last.Began)
	}
	return &last
}
