package engine_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"weak"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// wholesale gives records as a driver does that reads many at once: slices of one large buffer for
// each chunk.
type wholesale struct {
	*memdriver.Driver
	buffers []weak.Pointer[byte]
}

func (d *wholesale) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, from)
	return &wholesaleReader{r, d}, err
}

type wholesaleReader struct {
	brook.PartitionReader
	driver *wholesale
}

func (r *wholesaleReader) Read(ctx context.Context, _ int) (brook.Chunk, error) {
	c, err := r.PartitionReader.Read(ctx, 1)
	buffer := make([]byte, 0, 1<<20)
	r.driver.buffers = append(r.driver.buffers, weak.Make(&buffer[:1][0]))
	take := func(b []byte) []byte {
		if b == nil {
			return nil
		}
		buffer = append(buffer, b...)
		return buffer[len(buffer)-len(b):]
	}
	records := bytesOf(c.Records, take)
	return brook.Chunk{Records: records, Next: c.Next, End: c.End}, err
}

func bytesOf(records []brook.Record, take func([]byte) []byte) (all []brook.Record) {
	for _, r := range records {
		r.Key, r.Value = take(r.Key), take(r.Value)
		headers := make([]brook.Header, len(r.Headers), 1000)
		for i, h := range r.Headers {
			headers[i] = brook.Header{Key: h.Key, Value: take(h.Value)}
		}
		r.Headers = headers
		all = append(all, r)
	}
	return all
}

// Histories, rows and whatever else stays in memory hold on to bytes of their own, and not to all
// that a driver read at once.
func TestHistoriesPinNoBuffers(t *testing.T) {
	d := &wholesale{Driver: memdriver.New()}
	publisher := newLedger(t, config(d, newStore()), &ledger.Audit{})
	const events = 50
	for i := range events {
		e := ledger.Opened{Account: string(rune('a' + i%26)), Email: "somebody",
			Tags: []string{"one"}}
		if _, err := publisher.Publish.Opened(t.Context(), e,
			brook.WithHeader("extra", bytes.Repeat([]byte("x"), i))); err != nil {
			t.Fatal(err)
		}
	}
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	pinned := 0
	for _, b := range d.buffers {
		if b.Value() != nil {
			pinned++
		}
	}
	history, err := app.Views.Accounts.Events("a")
	if err != nil || len(history) != 2 || len(history[1].Headers) == 0 {
		t.Fatalf("a history of %d, %v", len(history), err)
	}
	if pinned > 3 { // what the lanes had last
		t.Errorf("%d of %d buffers are held", pinned, len(d.buffers))
	}
}
