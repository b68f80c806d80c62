package brooktest

import (
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// letterID identifies a dead letter.
type letterID struct {
	position   brook.Position
	id         string
	set, stage string
	ordinal    int
}

// DeadLetters returns the app's dead letters, in log order: all that exist, from any step.
func (s *Scenario[A]) DeadLetters() []brook.DeadLetter {
	s.t.Helper()
	var all []brook.DeadLetter
	for l, err := range s.App.DeadLetters() {
		if err != nil {
			s.t.Fatalf("brooktest: dead letters: %v", err)
		}
		s.noted[idOf(l)] = true
		all = append(all, l)
	}
	return all
}

// unseen lists the dead letters that DeadLetters never returned, one per line.
func (s *Scenario[A]) unseen() string {
	s.t.Helper()
	var b strings.Builder
	for l, err := range s.App.DeadLetters() {
		if err != nil {
			s.t.Errorf("brooktest: dead letters: %v", err)
			break
		}
		if !s.noted[idOf(l)] {
			b.WriteString("\n\t" + l.String())
		}
	}
	return b.String()
}

func idOf(l brook.DeadLetter) letterID {
	return letterID{l.Position, l.ID, l.Set, l.Stage, l.Ordinal}
}
