package batch_test

import (
	"sync"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/batch"
)

// What several tasks commit at a time is counted once each.
func TestFlow(t *testing.T) {
	f := batch.NewFlow(3)
	var tasks sync.WaitGroup
	for range 4 {
		tasks.Go(func() {
			for range 100 {
				f.Committed(&batch.Batch{Outcomes: []batch.Outcome{{}, {Taken: 2}, {Failed: 1}}})
				f.Committed(&batch.Batch{})
			}
		})
	}
	tasks.Wait()
	got := f.Outcomes()
	if len(got) != 3 || got[0] != (batch.Outcome{}) || got[1].Taken != 800 || got[2].Failed != 400 {
		t.Errorf("the counts are %+v", got)
	}
	(*batch.Flow)(nil).Committed(&batch.Batch{}) // nobody asks
}
