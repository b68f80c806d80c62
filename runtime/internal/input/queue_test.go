package input

import (
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

func TestRewindPutsTheBatchBack(t *testing.T) {
	q := queueOf(0, 3, 1, 2, 3)
	q.Attempts = 2
	q.Advance()
	q.Committed()
	q.Attempts = 4
	q.Advance()
	q.Attempts = 7
	q.Advance()
	if q.Next() != 3 || q.Base() != 1 || !q.Moved() {
		t.Fatalf("%d of %d", q.Next(), q.Base())
	}
	q.Rewind()
	if q.Next() != 1 || q.Moved() || q.Head().Offset != 1 {
		t.Errorf("the queue stands at %d, want 1", q.Next())
	}
	if q.Attempts != 4 {
		t.Errorf("the head was tried %d times, want 4: the batch's tries of others don't count",
			q.Attempts)
	}
}

func TestOffsetsWithoutRecords(t *testing.T) {
	q := NewQueue(brook.Partition{Topic: "t", Start: 10, End: 20})
	q.Append(brook.Chunk{Records: []brook.Record{{Offset: 12}}, Next: 20, End: 20}, nil)
	q.Advance()
	if q.Next() != 20 || q.Unread() {
		t.Errorf("the queue stands at %d, want behind what holds no records", q.Next())
	}
}

func TestEndAt(t *testing.T) {
	q := queueOf(0, 5, 1, 2, 3, 4, 5)
	if left := q.EndAt(2); left != 2 || q.Finished() {
		t.Fatalf("%d left", left)
	}
	q.Advance()
	q.Advance()
	if q.Head() != nil || q.Next() != 2 {
		t.Errorf("the head is %v at %d, want none at the end", q.Head(), q.Next())
	}
	q.Committed()
	if !q.Finished() {
		t.Error("it is not finished")
	}
	if left := q.EndAt(1); left != 0 {
		t.Errorf("%d left of a queue that stands behind its end", left)
	}
	if left := q.EndAt(4); left != 2 || q.Head() == nil {
		t.Errorf("%d left, want 2: it goes on", left)
	}
}

func TestStageTellsTheLastRecord(t *testing.T) {
	q := queueOf(3, 2, 1, 2)
	q.Silent, q.Epoch = 9, 4
	q.Advance()
	_, s, err := partition.Decode(q.ID.AppendKey(nil), q.Stage())
	r := brook.Record{Topic: "t", Partition: 3, Time: time.Unix(1, 0)}
	if err != nil || s.Next != 1 || s.Log != "l" || s.Epoch != 4 || s.Silent != 9 || s.Last != 0 ||
		s.Sum != partition.Checksum(&r) {
		t.Errorf("staged %+v, %v", s, err)
	}
	if q.Stored() != nil {
		t.Error("it counts as stored before the commit")
	}
	q.Committed()
	if string(q.Stored()) != string(q.Staged()) || q.Dirty() {
		t.Error("after the commit the store has what was staged")
	}
}

func TestResume(t *testing.T) {
	quiet := report.New("a", slog.New(slog.NewTextHandler(io.Discard, nil)), brook.Hooks{})
	p := brook.Partition{Topic: "t", Log: "l", Start: 5, End: 9}
	for name, c := range map[string]struct {
		stored partition.Stored
		goOn   bool
		next   int64
		err    error
	}{
		"within":             {partition.Stored{Log: "l", Next: 7}, false, 7, nil},
		"another log":        {partition.Stored{Log: "m", Next: 7}, true, 0, brook.ErrLogChanged},
		"past the end":       {partition.Stored{Log: "l", Next: 10}, true, 0, brook.ErrLogChanged},
		"before the start":   {partition.Stored{Log: "l", Next: 4}, false, 0, brook.ErrRetention},
		"go on at the start": {partition.Stored{Log: "l", Next: 4}, true, 5, nil},
		"exactly at the end": {partition.Stored{Log: "l", Next: 9}, false, 9, nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := NewQueue(p)
			err := q.Resume(c.stored, p, c.goOn, quiet)
			if !errors.Is(err, c.err) ||
				err == nil && (q.Next() != c.next || q.Base() != c.next || q.Ahead() != c.next) {
				t.Errorf("resumed at %d, %v; want %d, %v", q.Next(), err, c.next, c.err)
			}
		})
	}
}

// Two fetches are in memory at most: the next one is asked for when what waits has come down.
func TestPermits(t *testing.T) {
	q := NewQueue(brook.Partition{Topic: "t", End: 2 * FetchSize})
	permits := func() (n int) {
		for {
			select {
			case <-q.permits:
				n++
			default:
				return n
			}
		}
	}
	if n := permits(); n != 1 {
		t.Fatalf("%d fetches ahead, want 1", n)
	}
	records := make([]brook.Record, FetchSize)
	for i := range records {
		records[i].Offset = int64(i)
	}
	q.Append(brook.Chunk{Records: records, Next: FetchSize, End: 2 * FetchSize}, nil)
	q.Committed()
	if n := permits(); n != 0 {
		t.Fatalf("%d fetches more while one waits", n)
	}
	q.Advance()
	q.Committed()
	if n := permits(); n != 1 {
		t.Errorf("%d fetches more, want 1", n)
	}
}
