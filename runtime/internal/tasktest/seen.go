package tasktest

import (
	"fmt"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Rows returns the rows of the live views, as "row:count".
func (r *Rig) Rows() string {
	r.t.Helper()
	var all []string
	for row, err := range r.Reader.Scan(r.t.Context(), r.Catalog.Live().Tables[0], nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		k, _ := key.DecodeString[string](row.Key)
		all = append(all, fmt.Sprintf("%s:%d", k, *row.Value.Data.(*int)))
	}
	return strings.Join(all, " ")
}

// DeadLetters returns the dead letters of the live views, in the order of the store.
func (r *Rig) DeadLetters() (all []deadletter.Letter) {
	r.t.Helper()
	for row, err := range r.Reader.Scan(r.t.Context(), r.Catalog.Live().Letters, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Lettered returns the dead letters of the live views as "offset set attempts", with commas.
func (r *Rig) Lettered() string {
	r.t.Helper()
	var all []string
	for _, l := range r.DeadLetters() {
		all = append(all, fmt.Sprintf("%d %s %d", l.Position.Offset, l.Set, l.Attempts))
	}
	return strings.Join(all, ", ")
}

// Told returns the texts of the events "told" in the log, in order.
func (r *Rig) Told() (texts []string) {
	r.t.Helper()
	partitions, err := r.Driver.Partitions(r.t.Context(), Topic)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range partitions {
		at := partition.ID{Topic: p.Topic, Number: p.Number}.At(p.Start)
		reader, err := r.Driver.Open(r.t.Context(), at)
		if err != nil {
			r.t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		for next := p.Start; next < p.End; {
			chunk, err := reader.Read(r.t.Context(), 1<<20)
			if err != nil {
				r.t.Fatal(err)
			}
			for i := range chunk.Records {
				var m brook.Message
				if err := r.Config.Envelope.Open(&chunk.Records[i], &m); err != nil {
					r.t.Fatal(err)
				}
				if m.Type == told.Type {
					texts = append(texts, text(m.Data))
				}
			}
			next = chunk.Next
		}
	}
	return texts
}

// hooks returns hooks that note what they are told.
func (r *Rig) hooks() brook.Hooks {
	return brook.Hooks{
		Commit: func(c brook.Commit) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.commits = append(r.commits, c)
		},
		DeadLetter: func(l brook.DeadLetter) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.letters = append(r.letters, l)
		},
		Failure: func(f brook.Failure) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failures = append(r.failures, f)
		},
	}
}

// Reported returns the commits and dead letters that hooks were told of so far.
func (r *Rig) Reported() ([]brook.Commit, []brook.DeadLetter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commits), slices.Clone(r.letters)
}

// Failures returns the failures that were reported so far.
func (r *Rig) Failures() []brook.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}

// Log returns what was logged so far.
func (r *Rig) Log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// Write adds to the log.
func (r *Rig) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(line)
}
