package input

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// queueOf returns a queue of a partition with records of these seconds, which ends at end.
func queueOf(number int32, end int64, seconds ...int64) *Queue {
	q := NewQueue(brook.Partition{Topic: "t", Number: number, Log: "l", End: end})
	var records []brook.Record
	for i, s := range seconds {
		records = append(records,
			brook.Record{Topic: "t", Partition: number, Offset: int64(i), Time: time.Unix(s, 0)})
	}
	q.Append(brook.Chunk{Records: records, Next: int64(len(seconds)), End: end}, nil)
	return q
}

func always(int) bool { return true }

// drain takes everything that is there, and returns partition and offset of each record.
func drain(g Queues) (order []string) {
	for {
		i, _ := g.Next(always)
		if i < 0 {
			return order
		}
		order = append(order, fmt.Sprintf("%d/%d", g[i].ID.Number, g[i].Head().Offset))
		g[i].Advance()
	}
}

func TestNextIsTheOldest(t *testing.T) {
	for name, c := range map[string]struct {
		queues Queues
		want   []string
	}{
		"by time": {Queues{queueOf(0, 2, 1, 4), queueOf(1, 2, 2, 3)},
			[]string{"0/0", "1/0", "1/1", "0/1"}},
		"of the same time the first partition": {Queues{queueOf(0, 2, 1, 2), queueOf(1, 2, 1, 2)},
			[]string{"0/0", "1/0", "0/1", "1/1"}},
		"a partition keeps its order though its times fall": {Queues{queueOf(0, 2, 9, 1), queueOf(1,
			1, 5)}, []string{"1/0", "0/0", "0/1"}},
		"none overtakes what is not here yet": {Queues{queueOf(0, 1, 1), queueOf(1, 7)}, nil},
		"an empty partition is waited for by nobody": {Queues{queueOf(0, 1, 1), queueOf(1,
			0)}, []string{"0/0"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := drain(c.queues); !slices.Equal(got, c.want) {
				t.Errorf("taken %v, want %v", got, c.want)
			}
		})
	}
}

func TestHeldHeadsLetOthersPass(t *testing.T) {
	g := Queues{queueOf(0, 1, 1), queueOf(1, 1, 2)}
	g[0].PauseUntil(time.Now().Add(time.Hour))
	if i, _ := g.Next(always); i != 1 {
		t.Fatalf("queue %d is next, want 1", i)
	}
	g[1].Advance()
	if i, wait := g.Next(always); i != -1 || wait <= 59*time.Minute || wait > time.Hour {
		t.Errorf("queue %d is next after %s, want none for about an hour", i, wait)
	}
	g[0].PauseUntil(time.Now().Add(-time.Second))
	if i, _ := g.Next(always); i != 0 {
		t.Errorf("queue %d is next, want 0: its hold is over", i)
	}
}

func TestQueuesThatMayNotGoOn(t *testing.T) {
	g := Queues{queueOf(0, 1, 1), queueOf(1, 1, 2)}
	if i, _ := g.Next(func(i int) bool { return i != 0 }); i != 1 {
		t.Errorf("queue %d is next, want 1", i)
	}
	if i, _ := g.Next(func(int) bool { return false }); i != -1 {
		t.Errorf("queue %d is next, want none", i)
	}
}

// Ahead foresees what Next does, and takes nothing.
func TestAheadIsTheOrderOfNext(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var g Queues
		all := 0
		for number := range int32(1 + rnd.IntN(4)) {
			var seconds []int64
			for range rnd.IntN(6) {
				seconds = append(seconds, int64(rnd.IntN(5)))
			}
			all += len(seconds)
			g = append(g, queueOf(number, int64(len(seconds)), seconds...))
		}
		for range rnd.IntN(all + 1) {
			i, _ := g.Next(always)
			g[i].Advance()
			all--
		}
		n := rnd.IntN(all + 2)
		var want []string
		for _, e := range g.Ahead(n) {
			want = append(want, fmt.Sprintf("%d/%d", g[e.Queue].ID.Number, e.Record.Offset))
		}
		got := drain(g)
		if !slices.Equal(got[:min(n, all)], want) {
			t.Fatalf("foreseen %v, taken %v", want, got)
		}
	}
}
