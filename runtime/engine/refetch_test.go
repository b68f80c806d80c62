package engine_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// changing is a log that changes what it gives: as compaction does, or whoever makes a topic anew.
type changing struct {
	*memdriver.Driver
	log   string // the identity, where it is not ""
	read  func(c *brook.Chunk)
	fails atomic.Int32 // how many reads are to fail yet
}

func (d *changing) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := d.Driver.Partitions(ctx, topics...)
	for i := range all {
		if d.log != "" {
			all[i].Log = d.log
		}
	}
	return all, err
}

func (d *changing) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, from)
	return changingReader{r, d}, err
}

type changingReader struct {
	brook.PartitionReader
	log *changing
}

func (r changingReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	if r.log.fails.Add(-1) >= 0 {
		return brook.Chunk{}, errors.New("not now")
	}
	c, err := r.PartitionReader.Read(ctx, max)
	if r.log.read != nil {
		c.Records = append([]brook.Record(nil), c.Records...)
		r.log.read(&c)
	}
	return c, err
}

// What a letter does not hold is read from the very log that it came from, and only where it is
// still there.
func TestRedriveReadsTheRecordAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*changing)
		gone   string // what is told, "": the letter was tried
	}{
		"as it was":         {func(*changing) {}, ""},
		"not at once":       {func(d *changing) { d.fails.Store(2) }, ""},
		"compacted away":    {func(d *changing) { d.read = func(c *brook.Chunk) { c.Records = nil } }, "nothing is left"},
		"compacted, one on": {func(d *changing) { d.read = func(c *brook.Chunk) { c.Records[0].Offset++; c.Next++ } }, "nothing is left"},
		"another record":    {func(d *changing) { d.read = func(c *brook.Chunk) { c.Records[0].Value = []byte("other") } }, "another one of 5 bytes"},
		"another log":       {func(d *changing) { d.log = "anew" }, brook.ErrLogChanged.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			d := &changing{Driver: memdriver.New()}
			conf := config(d, apptest.Limited(newStore(), 50_000))
			var told []string
			conf.Hooks.Failure = func(f brook.Failure) {
				if f.What == "redrive" && f.Final {
					told = append(told, f.Err.Error())
				}
			}
			app := newLedger(t, conf, &ledger.Audit{})
			defer app.Close()
			if _, err := d.Publish(t.Context(),
				[]brook.Record{{Topic: "ledger", Value: bytes.Repeat([]byte("x"), 100_000)},
					{Topic: "ledger", Value: []byte("y")}}); err != nil {
				t.Fatal(err)
			}
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.change(d)
			if n, err := app.Redrive(t.Context(),
				func(l brook.DeadLetter) bool { return l.Position.Offset == 0 }); n != 0 ||
				err != nil {
				t.Fatal(n, err)
			}
			l := letters(t, app)[0]
			tried := 2
			if c.gone != "" {
				tried = 1
			}
			if l.Attempts != tried || l.Omitted != 100_000 {
				t.Errorf("the letter was tried %d times, and omits %d bytes", l.Attempts, l.Omitted)
			}
			if c.gone == "" && len(told) > 0 ||
				c.gone != "" && (len(told) != 1 || !strings.Contains(told[0], c.gone)) {
				t.Errorf("told %q, want %q", told, c.gone)
			}
		})
	}
}

// What an error quotes is cut.
func TestLongErrorsAreCut(t *testing.T) {
	h := start(t, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
		return errors.New("bad: " + strings.Repeat("ä", 1<<20))
	}})
	h.opened("a")
	h.fails(h.move("a", 1, ""))
	if e := h.letters()[0].Error; len(e) > 17<<10 || !strings.HasPrefix(e, "bad: ää") ||
		!strings.HasSuffix(e, "ä… (2097157 bytes)") {
		t.Errorf("an error of %d bytes: %.20s…%s", len(e), e, e[max(0, len(e)-30):])
	}
}
