package museum

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

// Service is one version of the shop, over a log and a store.
type Service struct {
	*engine.App
	Views []View
}

// Version is one version of the shop's code.
type Version struct {
	Name  string
	Open  func(brook.Config) (*Service, error)
	Story []brook.Outgoing // what happens while it is in use
}

// View reads a collection, with its histories or by an index, as lines of text.
type View func() ([]string, error)

// Rows returns a view of all rows of a collection, each followed by its history. The functions are
// methods of the generated view.
func Rows[K comparable, V, E any](
	name string, all func() iter.Seq2[brook.Entry[K, V], error], events func(K) ([]brook.Event[E], error),
) View {
	return func() (lines []string, err error) {
		for row, err := range all() {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			lines = append(lines, fmt.Sprintf("%s %s %s", name, text(row.Key), text(row.Value)))
			history, err := events(row.Key)
			if err != nil {
				return nil, fmt.Errorf("events of %s %v: %w", name, row.Key, err)
			}
			for _, e := range history {
				kind := fmt.Sprintf("%T", e.Data)
				lines = append(lines, fmt.Sprintf("  %s %s by %s at %s, %s: %s %s",
					e.ID, e.Type, e.Author, e.Time.Format("15:04:05"), e.Position,
					kind[strings.Index(kind, ".")+1:], text(e.Data)))
			}
		}
		return lines, nil
	}
}

// Found returns a view of what the index of a field finds by the value of each row.
func Found[K comparable, V any](
	name string, all func() iter.Seq2[brook.Entry[K, V], error], by func(V) iter.Seq2[V, error],
) View {
	return func() (lines []string, err error) {
		for row, err := range all() {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			for found, err := range by(row.Value) {
				if err != nil {
					return nil, fmt.Errorf("%s of %v: %w", name, row.Key, err)
				}
				lines = append(lines, fmt.Sprintf("%s of %s: %s", name, text(row.Key), text(found)))
			}
		}
		return lines, nil
	}
}

// Text returns all that the service shows: its views, and its dead letters. Left out is what
// depends on how the views were made: how often and when a letter was tried, and what the set that
// failed was called then.
func (s *Service) Text() (string, error) {
	var lines []string
	for _, view := range s.Views {
		more, err := view()
		if err != nil {
			return "", err
		}
		lines = append(lines, more...)
	}
	for l, err := range s.DeadLetters() {
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("letter %s %s %s: %s: %s",
			l.Position, l.ID, l.Type, l.Stage, l.Error))
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// text returns a value as JSON, with pointers followed.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
