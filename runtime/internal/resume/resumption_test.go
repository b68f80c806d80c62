package resume

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// divided returns the parts of an app whose topic has three partitions.
func divided(t *testing.T) *tasktest.Rig {
	t.Helper()
	return tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
		c.Driver = memdriver.New(memdriver.Partitions(3))
		key(def)
	})
}

// key makes the text of an event its key.
func key(def *delivery.Definition) {
	did := *def.Events[0]
	did.Shape, did.AppendKey = "string", func(dst []byte, s any) []byte {
		return append(dst, *s.(*string)...)
	}
	def.Events[0] = &did
}

// at describes tasks: their partitions, each with where it goes on and below what it is silent.
func at(tasks []*task.Task) string {
	var all []string
	for _, t := range tasks {
		var partitions []string
		for _, p := range t.Partitions {
			partitions = append(partitions, fmt.Sprintf("%d:%d/%d", p.ID.Number, p.Base(), p.Silent))
		}
		all = append(all, strings.Join(partitions, " "))
	}
	return strings.Join(all, " | ")
}

// There are as many tasks as partition numbers, one if something says so, and of a member of a
// group only those of its partitions.
func TestTasks(t *testing.T) {
	mine := map[partition.ID]bool{{Topic: "in", Number: 2}: true}
	for _, c := range []struct {
		from Resumption
		want string
	}{
		{Resumption{}, "0:0/0 | 1:0/0 | 2:0/0"},
		{Resumption{Serial: "a test says so"}, "0:0/0 1:0/0 2:0/0"},
		{Resumption{Mine: mine}, "2:0/0"},
	} {
		r := divided(t)
		c.from.Tasks = r.Set
		tasks, partitions, mode, err := c.from.Resume(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := at(tasks); got != c.want || len(partitions) != 3 || mode.Reason != c.from.Serial {
			t.Errorf("%+v: %s of %d partitions, mode %+v; want %s", c.from, got, len(partitions), mode,
				c.want)
		}
		if len(r.Tasks) != len(tasks) {
			t.Error("whoever promotes a generation does not know the tasks")
		}
	}
}

// Tasks go on at the stored positions. What was acted on is silent only where the store has no
// position, or may have lost it.
func TestPositions(t *testing.T) {
	for want, store := range map[string]brook.Store{
		"0:3/2": mapstore.New(), "0:3/0": durable{mapstore.New()},
	} {
		r := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) { c.Store = store })
		r.Publish("x", "y", "z")
		r.Follow()
		acted := []brook.Position{{Topic: "in", Offset: 2}}
		if err := r.Driver.Mark(t.Context(), "shop", acted); err != nil {
			t.Fatal(err)
		}
		tasks, _, _, err := (&Resumption{Tasks: r.Set}).Resume(t.Context())
		if got := at(tasks); err != nil || got != want {
			t.Errorf("over a %T: %s, %v; want %s", store, got, err, want)
		}
		if next := r.Progress.At(partition.ID{Topic: "in"}); next != 3 {
			t.Errorf("the views are said to stand at %d", next)
		}
	}
}

// durable is a store whose commits outlast the process.
type durable struct{ brook.Store }

func (durable) Durable() bool { return true }

// A member of a group does not fold if its partitions can't be divided: for good if that is the
// code's doing, and for now if topics grow one after the other.
func TestIndivisible(t *testing.T) {
	mine := map[partition.ID]bool{{Topic: "in", Number: 0}: true}
	r := tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
		c.Driver = memdriver.New(memdriver.Partitions(2))
		for i := range def.Handlers {
			def.Handlers[i].Proved = false
		}
	})
	from := Resumption{Tasks: r.Set, Mine: mine}
	if _, _, _, err := from.Resume(t.Context()); !errors.Is(err, brook.ErrConfig) {
		t.Errorf("handlers that nothing is proved of: %v", err)
	}

	driver := memdriver.New()
	r = tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
		c.Driver = driver
		key(def)
		other := *def.Events[0]
		other.Type, other.Topic = "other", "more"
		def.Events = append(def.Events, &other)
		def.Handlers = append(def.Handlers, plan.Handler{Name: "Other", Event: "other", Proved: true})
	})
	for _, topic := range []string{"in", "more"} {
		if _, err := driver.Partitions(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
	}
	if err := driver.Grow("in", 2); err != nil {
		t.Fatal(err)
	}
	from = Resumption{Tasks: r.Set, Mine: mine}
	tasks, partitions, _, err := from.Resume(t.Context())
	if err != nil || len(tasks) != 0 || len(partitions) != 3 || len(r.Failures()) != 1 {
		t.Errorf("%d tasks of %d partitions, %v, reported %v",
			len(tasks), len(partitions), err, r.Failures())
	}
}

// A member publishes for its partitions, and who has the first one of all for those that are no
// longer read.
func TestLeftTo(t *testing.T) {
	in := func(n int32) partition.ID { return partition.ID{Topic: "in", Number: n} }
	gone := partition.ID{Topic: "gone"}
	partitions := []brook.Partition{{Topic: "in"}, {Topic: "in", Number: 1}}
	for n, want := range []string{"true false true", "false true false"} {
		to := leftTo(map[partition.ID]bool{in(int32(n)): true}, partitions)
		if got := fmt.Sprint(to(in(0)), to(in(1)), to(gone)); got != want {
			t.Errorf("with partition %d: %s, want %s", n, got, want)
		}
	}
}
