package placement

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// mute is a placer that does not answer while it is on.
type mute struct {
	on    bool
	asked int
}

func (m *mute) Place(ctx context.Context, _ string, _ []byte) (int32, error) {
	m.asked++
	if m.on {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return 3, nil
}

// A task waits once for a driver that does not answer, for a second, whatever number of topics it
// emits to. When the publisher finds the partitions later, the task asks again.
func TestTasksWaitOnceForUnknownTopics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &mute{on: true}
		targets := &Destinations{placer: p, unsure: map[string]time.Time{}}
		began := time.Now()
		choose := func() (placed int) {
			for n := range 10 {
				r := brook.Record{Topic: fmt.Sprint("topic ", n)}
				if targets.Choose(t.Context(), &r, "id"); r.Placed {
					placed++
				}
			}
			return placed
		}
		for range 100 {
			choose()
		}
		time.Sleep(placeAgain / 2)
		choose()
		if took := time.Since(began) - placeAgain/2; took > placeLimit+9*placeShort ||
			p.asked != 10 {
			t.Errorf("lanes stood still for %s, and asked %d times", took, p.asked)
		}
		p.on = false
		if n := choose(); n != 0 {
			t.Errorf("%d placed, want none so soon", n)
		}
		for n := range 5 {
			r := brook.Record{Topic: fmt.Sprint("topic ", n)}
			if err := targets.Find(t.Context(), &r, "id"); err != nil {
				t.Fatal(err)
			}
		}
		if n := choose(); n != 5 {
			t.Errorf("%d placed, want those of the topics that the publisher found", n)
		}
		time.Sleep(placeAgain)
		if n := choose(); n != 10 {
			t.Errorf("%d placed after a while, want all", n)
		}
	})
}

// A task whose context ends learned nothing of the topic.
func TestChooseOfAnEndedTask(t *testing.T) {
	p := &mute{on: true}
	targets := &Destinations{placer: p, unsure: map[string]time.Time{}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := brook.Record{Topic: "topic"}
	targets.Choose(ctx, &r, "id")
	p.on = false
	if targets.Choose(t.Context(), &r, "id"); !r.Placed {
		t.Error("nobody asks for a minute")
	}
}
