package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/brookgen/brookgen/examples/github/hub"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A chunk is published, folded and forgotten before the next is read: so much is in memory at a
// time.
const (
	chunkRecords = 512
	chunkBytes   = 8 << 20
)

// folder folds deliveries chunk by chunk.
type folder struct {
	app      *hub.App
	driver   *memdriver.Driver
	out      io.Writer // for dead letters
	progress *progress

	total  totals
	lost   int            // dead letters that Tally had counted as applied
	chunk  []brook.Record // to be published
	bytes  int            // in the chunk
	places []int          // of the chunk's records: which delivery they are, counted from 1
	first  int64          // the offset of the chunk's first record
	bad    []letter
}

// letter is a dead letter as it is listed.
type letter struct {
	place int    // of its delivery
	set   string // that failed; "": none was reached
	text  string
}

func newFolder(out io.Writer, p *progress) (*folder, error) {
	f := &folder{driver: memdriver.New(), out: out, progress: p}
	var err error
	f.app, err = hub.NewApp(brook.Config{
		Author: author, Driver: f.driver, Store: mapstore.New(), Log: slog.New(slog.DiscardHandler), // letters are listed, not logged
		OnFailure: brook.GoOn, // each delivery shows the whole of its subject: none needs the one before
		Hooks: brook.Hooks{
			Unknown:    func(brook.Position, string) { f.total.unknown++ },
			DeadLetter: f.deadLetter,
		},
	}, hub.Catalog{}, hub.Crowd{}, hub.Shelf{}, hub.Tally{}, hub.Tracker{})
	return f, err
}

// fold folds all lines of all files.
func (f *folder) fold(ctx context.Context, files []string, stdin io.Reader) error {
	for in, err := range lines(files, stdin) {
		if err != nil {
			return errors.Join(err, f.flush(ctx))
		}
		f.total.deliveries++
		f.progress.add(len(in.text))
		if err := f.take(in); err != nil {
			return err
		}
		if len(f.chunk) == chunkRecords || f.bytes >= chunkBytes || len(f.bad) == chunkRecords {
			if err := f.flush(ctx); err != nil {
				return err
			}
		}
	}
	return f.flush(ctx)
}

// take adds a line to the chunk. One that is no delivery is a dead letter at once.
func (f *folder) take(in input) error {
	l, err := parse(in.text)
	var r brook.Record
	if err == nil {
		r, err = record(l, in.where(), time.Now()) // it refuses a kind that no event type can be
	}
	if err != nil {
		f.bad = append(f.bad, letter{f.total.deliveries, "", fmt.Sprintf("%s: %s: %v", in.where(),
			or(l.Event, "?"), err)})
		return nil
	}
	f.chunk = append(f.chunk, r)
	f.bytes += len(r.Value)
	f.places = append(f.places, f.total.deliveries)
	return nil
}

// flush folds the chunk, lists its dead letters, and lets go of it.
func (f *folder) flush(ctx context.Context) error {
	if len(f.chunk) > 0 {
		if _, err := f.driver.Publish(ctx, f.chunk); err != nil {
			return err
		}
		if err := f.app.CatchUp(ctx); err != nil {
			return err
		}
		f.first += int64(len(f.chunk))
		if err := f.driver.Trim(author, 0, f.first); err != nil {
			return err
		}
	}
	if len(f.bad) > 0 {
		if err := f.list(); err != nil {
			return err
		}
		if _, err := f.app.Drop(ctx, nil); err != nil { // they are told; nobody will redrive them
			return err
		}
	}
	clear(f.chunk)
	f.chunk, f.places, f.bad, f.bytes = f.chunk[:0], f.places[:0], nil, 0
	return nil
}

// deadLetter is told of dead letters. A delivery has one where it can't be decoded, else one for
// each set that failed.
func (f *folder) deadLetter(l brook.DeadLetter) {
	stage := l.Stage
	if l.Set != "" {
		stage += " in " + l.Set
	}
	f.bad = append(f.bad, letter{f.places[l.Position.Offset-f.first], l.Set,
		fmt.Sprintf("%s: %s: %s: %s", l.ID, strings.TrimPrefix(l.Type, author+"."), stage,
			l.Error)})
}

// list prints the chunk's dead letters in the order of their lines, and counts their deliveries.
func (f *folder) list() error {
	slices.SortStableFunc(f.bad, func(a, b letter) int { return a.place - b.place })
	var text strings.Builder
	for len(f.bad) > 0 {
		n := 1
		for n < len(f.bad) && f.bad[n].place == f.bad[0].place {
			n++
		}
		of := f.bad[:n]
		f.bad = f.bad[n:]
		f.total.letters++
		if of[0].set != "" &&
			!slices.ContainsFunc(of, func(l letter) bool { return l.set == hub.TallySet }) {
			f.lost++
		}
		for _, l := range of {
			text.WriteString("dead letter: " + l.text + "\n")
		}
	}
	f.progress.clear()
	_, err := io.WriteString(f.out, text.String())
	return err
}

// totals says what became of everything. What is known and neither applied nor a dead letter was
// discarded.
func (f *folder) totals() (totals, error) {
	t := f.total
	t.applied = -f.lost
	for kind, err := range f.app.Views.Kinds.All() {
		if err != nil {
			return t, err
		}
		t.applied += kind.Value.Deliveries
	}
	t.discarded = t.deliveries - t.applied - t.unknown - t.letters
	return t, nil
}
