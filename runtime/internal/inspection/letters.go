package inspection

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/wire"
)

// The bounds of what waits behind a letter.
const (
	maxBehind       = 50     // letters that are returned
	maxLookedBehind = 20_000 // rows that are looked at
)

// letter returns a letter for people, without its record. key is its key in the store.
func (x *Inspection) letter(l *deadletter.Letter, key []byte) inspect.Letter {
	out := inspect.Letter{
		ID: handle(key), Position: l.Position, EventID: l.DeadLetter.ID,
		Type: x.set.Code.Today(l.Type), Author: l.Author, Stage: l.Stage, Set: l.Set,
		Error: l.Error, Attempts: l.Attempts, Time: l.Time, Silent: l.Silent,
		Waits: l.Attempts == 0 && !l.AfterCommit(), Size: len(l.Record.Value),
	}
	if l.Key != nil {
		text := textOf(l.Key)
		out.Key = &text
	}
	return out
}

// Letters returns a page of the letters that f accepts.
func (x *Inspection) Letters(
	ctx context.Context, f inspect.LetterFilter, p inspect.Page,
) (letters inspect.Letters, err error) {
	accepts, err := x.Accepts(f)
	if err != nil {
		return letters, err
	}
	err = x.read(ctx, func(c *call) error {
		letters = inspect.Letters{Letters: []inspect.Letter{}}
		at := page{table: c.gen.Letters, list: list{"letters"}, Page: p, maxLooked: maxLooked}
		if f.Topic != "" {
			at.from = key.AppendString(nil, f.Topic)
			at.to = key.Successor(at.from)
		}
		letters.Next, err = at.each(c, func(row brook.Row) (int, error) {
			l, err := deadletter.Decode(row.Value)
			if err != nil || !accepts(l.DeadLetter) {
				return -1, err
			}
			letters.Letters = append(letters.Letters, x.letter(&l, row.Key))
			return len(l.Error) + len(l.Key) + len(row.Key), nil
		})
		return err
	})
	return letters, err
}

// Accepts returns what reports whether f accepts a letter, nil if it accepts all.
func (x *Inspection) Accepts(f inspect.LetterFilter) (func(brook.DeadLetter) bool, error) {
	wanted := map[string]bool{}
	for _, id := range f.IDs {
		k, err := parseHandle("ID of a dead letter", id)
		if err != nil {
			return nil, err
		}
		wanted[string(k)] = true
	}
	differs := func(want, got string) bool { return want != "" && want != got }
	return func(d brook.DeadLetter) bool {
		switch {
		case differs(f.Topic, d.Position.Topic), differs(f.Stage, d.Stage), differs(f.Set, d.Set),
			differs(f.Type, x.set.Code.Today(d.Type)):
			return false
		case f.Key != nil && (d.Key == nil || textOf(d.Key) != *f.Key):
			return false
		case !strings.Contains(d.Error, f.Error):
			return false
		case f.Tried && d.Attempts == 0 && d.Stage != brook.StageEmit && d.Stage != brook.StageJob:
			return false
		case f.IDs == nil:
			return true
		}
		return wanted[string((&deadletter.Letter{DeadLetter: d}).AppendKey(nil))]
	}, nil
}

// Reported reports whether there is a letter of a parked event.
func (x *Inspection) Reported(ctx context.Context, d *brook.DeadLetter) bool {
	k := (&deadletter.Letter{DeadLetter: *d}).AppendKey(nil)
	return x.read(ctx, func(c *call) error {
		_, err := c.reader.Get(c.ctx, c.gen.Letters, k)
		return err
	}) == nil
}

// Letter returns a letter with its record and what waits behind it.
func (x *Inspection) Letter(
	ctx context.Context, id string,
) (detail inspect.LetterDetail, err error) {
	k, err := parseHandle("ID of a dead letter", id)
	if err != nil {
		return detail, err
	}
	err = x.read(ctx, func(c *call) error {
		l, err := c.stored(k)
		if err != nil {
			return err
		}
		detail = inspect.LetterDetail{
			Letter: x.letter(l, k), Stack: string(l.Stack), Record: x.record(&l.Record),
		}
		detail.Record.Omitted = l.Omitted
		detail.Record.Value = x.recordPayload(l, shownAlone)
		return c.behind(l, k, &detail)
	})
	return detail, err
}

// stored returns the letter, or else the parked event, at a key.
func (c *call) stored(k []byte) (*deadletter.Letter, error) {
	v, err := c.reader.Get(c.ctx, c.gen.Letters, k)
	if err == nil {
		l, err := deadletter.Decode(v)
		return &l, err
	}
	if !errors.Is(err, brook.ErrNotFound) {
		return nil, err
	}
	v, err = c.reader.Get(c.ctx, c.gen.Parked, k)
	if errors.Is(err, brook.ErrNotFound) {
		return nil, fmt.Errorf("%w: no dead letter has this ID: it was redriven or dropped",
			brook.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	e, err := parked.Decode(brook.Row{Key: k, Value: v})
	if err != nil {
		return nil, err
	}
	return &e.Letter, nil
}

// behind adds to a letter's detail what waits behind it.
func (c *call) behind(l *deadletter.Letter, k []byte, detail *inspect.LetterDetail) error {
	switch {
	case l.Stage == brook.StageJob:
		return c.jobsBehind(l, detail)
	case l.Key == nil || l.AfterCommit():
		return nil
	}
	end := key.Successor(partition.Of(l.Position).AppendKey(nil))
	// Most letters are of other keys: those are not decoded.
	mark := []byte(`"Key":"` + base64.StdEncoding.EncodeToString(l.Key) + `"`)
	looked := 0
	full := func() bool {
		looked++
		detail.More = looked > maxLookedBehind
		return detail.More
	}
	add := func(other *deadletter.Letter, key []byte) {
		if !bytes.Equal(other.Key, l.Key) || other.AfterCommit() ||
			l.Set != "" && other.Set != "" && other.Set != l.Set {
			return
		}
		if detail.Waiting++; len(detail.Behind) < maxBehind {
			detail.Behind = append(detail.Behind, c.letter(other, key))
		}
	}
	for row, err := range c.reader.Scan(c.ctx, c.gen.Letters, append(bytes.Clone(k), 0), end) {
		if err != nil || full() {
			return err
		}
		if !bytes.Contains(row.Value.Data.([]byte), mark) {
			continue
		}
		other, err := deadletter.Decode(row.Value)
		if err != nil {
			return err
		}
		if other.Stage != brook.StageEarly { // those come from the other table
			add(&other, row.Key)
		}
	}
	for row, err := range c.reader.Scan(c.ctx, c.gen.Parked, append(bytes.Clone(k), 0), end) {
		if err != nil || full() {
			return err
		}
		if !bytes.Contains(row.Value.Data.([]byte), mark) {
			continue
		}
		e, err := parked.Decode(row)
		if err != nil {
			return err
		}
		add(&e.Letter, row.Key)
	}
	return nil
}

// jobsBehind counts the jobs that wait behind a letter of a job.
func (c *call) jobsBehind(l *deadletter.Letter, detail *inspect.LetterDetail) error {
	j, err := jobs.OfLetter(l)
	if err != nil || c.set.Jobs == nil { // it holds up nothing
		return nil
	}
	end, looked := key.Successor(j.Partition().AppendKey(nil)), 0
	for row, err := range c.reader.Scan(c.ctx, c.set.Jobs.Table, append(j.Place, 0), end) {
		if looked++; err != nil || looked > maxLookedBehind {
			detail.More = err == nil
			return err
		}
		other, err := jobs.Decode(row)
		if err != nil {
			return err
		}
		if other.Type == j.Type && bytes.Equal(other.Key, j.Key) {
			detail.Waiting++
		}
	}
	return nil
}

// record returns a record for people, without its value.
func (x *Inspection) record(r *brook.Record) inspect.Record {
	out := inspect.Record{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Headers: headers(r.Headers),
	}
	if wire.Writable(r.Time) {
		out.Time = r.Time
	}
	if r.Key != nil {
		text := textOf(r.Key)
		out.Key = &text
	}
	return out
}

// headers returns headers for people.
func headers(all []brook.Header) (out []inspect.Header) {
	for _, h := range all {
		out = append(out, inspect.Header{Key: h.Key, Value: textOf(h.Value)})
	}
	return out
}
