package memdriver_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// member records its calls.
type member struct {
	release  func(context.Context)
	has      []brook.Position
	at       time.Time // of the last Assign
	assigned int
	released int
}

func (m *member) Release(ctx context.Context) {
	if m.release != nil {
		m.release(ctx)
	}
	m.released++
}

func (m *member) Assign(partitions []brook.Position) {
	m.has, m.at = partitions, time.Now()
	m.assigned++
}

// join makes m a member, and waits until all members have what they are to have.
func join(t *testing.T, d *memdriver.Driver, m *member) (leave func()) {
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- d.Join(ctx, "g", []string{"a", "b"}, m) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-left; err != nil {
			t.Errorf("Join: %v", err)
		}
		synctest.Wait()
	}
}

// No time passes while a group divides its partitions, and nobody moves that need not.
func TestGroupMovesLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		d := memdriver.New(memdriver.Topic("a", 4), memdriver.Topic("b", 2))
		if err := d.Mark(t.Context(), "g",
			[]brook.Position{{Topic: "a", Partition: 3, Offset: 7}}); err != nil {
			t.Fatal(err)
		}
		want := func(m *member, positions ...brook.Position) {
			t.Helper()
			if !slices.Equal(m.has, positions) {
				t.Errorf("a member has %v, want %v", m.has, positions)
			}
		}
		a0, a1, a2, a3 := brook.Position{Topic: "a"}, brook.Position{Topic: "a", Partition: 1},
			brook.Position{Topic: "a", Partition: 2},
			brook.Position{Topic: "a", Partition: 3, Offset: 7}
		b0, b1 := brook.Position{Topic: "b"}, brook.Position{Topic: "b", Partition: 1}
		var first, second, third member
		leaveFirst := join(t, d, &first)
		want(&first, a0, a1, a2, a3, b0, b1)
		leaveSecond := join(t, d, &second)
		want(&first, a0, a1, b0, b1)
		want(&second, a2, a3)
		leaveThird := join(t, d, &third)
		want(&first, a0, b0)
		want(&second, a2, a3)
		want(&third, a1, b1)
		leaveSecond()
		want(&first, a0, a2, b0)
		want(&third, a1, a3, b1)
		if err := d.Grow("b", 3); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want(&first, a0, a2, b0, brook.Position{Topic: "b", Partition: 2})
		leaveFirst()
		leaveThird()
		if second.assigned != 2 || second.released != 2 || third.assigned != third.released {
			t.Errorf("the second member was assigned to %d times and released %d times, "+
				"the third %d and %d", second.assigned, second.released, third.assigned, third.released)
		}
		if passed := time.Since(begin); passed != 0 {
			t.Errorf("%v passed: somebody polls", passed)
		}
	})
}

// The group goes on without a member that does not release what it has; it learns that it has
// nothing, and comes back.
func TestGroupDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Topic("a", 2), memdriver.Topic("b", 2))
		wake := make(chan struct{})
		var second member
		first := member{release: func(ctx context.Context) { <-wake }}
		leaveFirst := join(t, d, &first)
		leaveSecond := join(t, d, &second)
		begin := time.Now()
		time.Sleep(time.Hour)
		synctest.Wait()
		if waited := second.at.Sub(begin); len(second.has) != 4 || waited != 30*time.Second {
			t.Errorf("the second member has %v after %v, want all after 30s", second.has, waited)
		}
		close(wake)
		synctest.Wait()
		if first.assigned != 3 || len(first.has) != 2 || len(second.has) != 2 { // all, none, its part
			t.Errorf("the first member was told %d times and has %v, the second has %v",
				first.assigned,
				first.has, second.has)
		}
		leaveFirst()
		if len(second.has) != 4 {
			t.Errorf("the second member has %v, want all", second.has)
		}
		leaveSecond()
	})
}

// What leaves is given time to release, though its context has ended.
func TestGroupLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		var err error
		m := member{release: func(ctx context.Context) {
			time.Sleep(time.Second)
			err = d.Mark(ctx, "g", []brook.Position{{Topic: "a", Offset: 3}})
		}}
		leave := join(t, d, &m)
		leave()
		marks, _ := d.Marks(t.Context(), "g")
		if err != nil || len(marks) != 1 {
			t.Errorf("Mark while leaving: %v; marks %v", err, marks)
		}
	})
}

func TestGrow(t *testing.T) {
	d := memdriver.New(memdriver.Topic("t", 2))
	for _, n := range []int{2, 3} {
		if err := d.Grow("t", n); err != nil {
			t.Errorf("Grow to %d: %v", n, err)
		}
	}
	if err := d.Grow("t", 2); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("Grow to less: %v, want ErrPermanent", err)
	}
	if err := d.Grow("none", 3); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("Grow of a topic that is not there: %v, want ErrPermanent", err)
	}
	at, err := d.Publish(t.Context(), []brook.Record{{Topic: "t"}, {Topic: "t"}, {Topic: "t"}})
	if err != nil || at[2].Partition != 2 {
		t.Errorf("published at %v, %v; want all three partitions", at, err)
	}
}
