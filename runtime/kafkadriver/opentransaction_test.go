package kafkadriver_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// lines sends what is logged to a channel.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// A transaction that stays open, so that nothing behind it is read, is logged once, and so is its
// end. The driver says which partition it holds up.
func TestOpenTransactionIsTold(t *testing.T) {
	addrs := fake(t).ListenAddrs()
	said := make(lines, 100)
	d := open(t, addrs, quick(), kafkadriver.Log(slog.New(slog.NewTextHandler(said, nil))),
		kafkadriver.HeldFor(50*time.Millisecond))
	if _, err := d.Partitions(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	p := producer(t, addrs, kgo.TransactionalID("open"))
	if err := p.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	produce(t, p, "t", "a", "b")
	r, err := d.Open(t.Context(), brook.Position{Topic: "t"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := func(parts ...string) {
		t.Helper()
		select {
		case line := <-said:
			for _, part := range parts {
				if !strings.Contains(line, part) {
					t.Errorf("the log says %q, want %q", line, part)
				}
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("the log does not say %q", parts)
		}
	}
	want("WARN", "open transaction", "topic=t", "partition=0", "offset=0", "behind=2")
	if held := d.Held(); len(held) != 1 || held[0].Topic != "t" || held[0].Partition != 0 ||
		held[0].Records != 2 || held[0].Since.IsZero() {
		t.Errorf("held is %+v", held)
	}
	end(t, p, kgo.TryCommit)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if c, err := r.Read(ctx, 10); err != nil || len(c.Records) != 2 {
		t.Errorf("after the transaction: %v, %v", c, err)
	}
	want("INFO", "has ended")
	if held := d.Held(); len(held) != 0 {
		t.Errorf("held is %+v, though the transaction has ended", held)
	}
	if len(said) > 0 {
		t.Errorf("the log says more: %q", <-said)
	}
}
