package gauge

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

var at = partition.ID{Topic: "in"}

// Stages follow each other, each with when it began, and a closed app stays so.
func TestStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Run
		phase := func(stage Stage, since time.Duration, err error) {
			t.Helper()
			p := r.Phase()
			if p.Stage != stage || time.Since(p.Since) != since || p.Err != err {
				t.Errorf("%+v %s ago, want stage %d %s ago: %v",
					p, time.Since(p.Since), stage, since, err)
			}
		}
		r.Enter(Opened, nil)
		phase(Opened, 0, nil)
		time.Sleep(time.Second)
		r.Enter(Began, nil)
		r.Part(true)
		time.Sleep(time.Second)
		r.Part(true)
		if p := r.Phase(); time.Since(p.Apart) != time.Second {
			t.Errorf("apart since %s", p.Apart)
		}
		r.Part(false)
		if p := r.Phase(); !p.Apart.IsZero() {
			t.Errorf("apart since %s, though it is a member", p.Apart)
		}
		mode := brook.Mode{Lanes: 3}
		r.Fold(mode)
		time.Sleep(time.Second)
		r.Fold(mode)
		phase(Folds, time.Second, nil)
		if p := r.Phase(); p.Mode != mode {
			t.Errorf("mode %+v", p.Mode)
		}
		broken := errors.New("broken")
		r.Enter(Ended, broken)
		phase(Ended, 0, broken)
		time.Sleep(time.Second)
		r.Enter(Closed, nil)
		phase(Closed, 0, broken)
		r.Enter(Ended, nil)
		phase(Closed, 0, broken)
	})
}

// Of rebuilds the one that is under way shows, or else the last one: what it came to, or why it is
// refused.
func TestRebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Rebuild
		r.End(nil, nil)
		if r.Last() != nil {
			t.Fatal("there was one")
		}
		began := time.Now().UTC()
		r.Begin(true)
		r.Progress(brook.RebuildProgress{Read: 1, Total: 2, Left: time.Second})
		time.Sleep(time.Second)
		last := r.Last()
		if !last.Running || !last.Preview || last.Progress.Took != time.Second ||
			last.Progress.Left != time.Second || last.Began != began || !last.Ended.IsZero() {
			t.Errorf("%+v", last)
		}
		r.End(&brook.RebuildReport{Read: 2}, nil)
		r.Progress(brook.RebuildProgress{})
		last = r.Last()
		if last.Running || last.Err != "" || last.Report.Read != 2 || last.Progress.Read != 2 ||
			last.Progress.Took != time.Second || last.Progress.Left != 0 || last.Ended.Sub(began) != time.Second {
			t.Errorf("%+v", last)
		}
		r.Begin(false)
		if last := r.Last(); last.Preview || last.Report != nil || last.Progress.Read != 0 {
			t.Errorf("%+v", last)
		}
		r.End(nil, &brook.RebuildRefusedError{Report: brook.RebuildReport{Letters: 3}})
		if last := r.Last(); last.Err == "" || last.Report == nil || last.Report.Letters != 3 {
			t.Errorf("%+v", last)
		}
	})
}
