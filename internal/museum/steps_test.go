package museum_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/museum"
	brook "github.com/brookgen/brookgen/runtime"
)

// TestSteps takes each step from a version to the next one over Badger, back, and forward again, as
// a deployment and a rollback do. What then differs from one pass over the log is in steps.txt, as
// Preview says it. The later version leaves events behind that the earlier one folds.
func TestSteps(t *testing.T) {
	var told strings.Builder
	for n, to := range versions[1:] {
		from := versions[n]
		t.Run(between(from, to), func(t *testing.T) {
			store, closed, _ := badger.restore(t, file(from.Name, badger.name))
			defer closed()
			log := newLog(t, entriesUntil(t, from.Name))
			fmt.Fprintf(&told, "%s → %s\n", from.Name, to.Name)

			s := open(t, to, log, store)
			fmt.Fprintf(&told, "\tbefore: %s\n", indent(s.preview().String()))
			s.catchUp()
			s.goOn()
			s.tell(&told)
			s.publish()
			s.close()
			s = open(t, from, log, store)
			s.returns(&told)
			s.goOn()
			s.tell(&told)
			s.close()
			s = open(t, to, log, store)
			s.returns(&told)
			s.tell(&told)
			s.goOn()
			s.close()
			wantOnce(t, log.Entries())
		})
	}
	golden := filepath.Join(testdata, "steps.txt")
	if *update {
		writeFile(t, golden, told.String())
	}
	if want := readFile(t, golden); told.String() != want {
		t.Errorf("got\n%s\nwant\n%s", told.String(), want)
	}
}

// returns catches up after another version, and accepts its own letters if they are in the way.
func (s *service) returns(told *strings.Builder) {
	s.t.Helper()
	err := s.CatchUp(s.t.Context())
	if errors.Is(err, brook.ErrRebuildRefused) {
		fmt.Fprintf(told, "\t%s refused: %v\n", s.version.Name, err)
		err = s.Rebuild(s.t.Context(), brook.AcceptLetters())
	}
	if err != nil {
		s.t.Fatalf("%s: %v", s.version.Name, err)
	}
}

// tell writes how the service came to its views, and how they differ from one pass over the log.
func (s *service) tell(told *strings.Builder) {
	s.t.Helper()
	became := "went on"
	for _, r := range s.rebuilds {
		became = "rebuilt"
		if r.Returned {
			became = "got its views back"
		}
	}
	diff := s.preview()
	fmt.Fprintf(told, "\t%s %s: %s\n", s.version.Name, became, indent(diff.String()))
	text, err := s.Text()
	if err != nil {
		fmt.Fprintf(told, "\t%s can't be read: %v\n", s.version.Name, err)
		return
	}
	one := onePass(s.t, s.version, s.log.Entries())
	here, there := strings.Split(text, "\n"), strings.Split(one, "\n")
	for _, line := range missing(here, there) {
		fmt.Fprintf(told, "\t  only here: %s\n", line)
	}
	for _, line := range missing(there, here) {
		fmt.Fprintf(told, "\t  only in one pass: %s\n", line)
	}
}

// missing returns the lines that are not in another text. Rows are left out: Preview has them.
func missing(lines, in []string) (missing []string) {
	for _, line := range lines {
		if (line[:min(1, len(line))] == " " || strings.HasPrefix(line, "letter")) &&
			!slices.Contains(in, line) {
			missing = append(missing, strings.TrimSpace(line))
		}
	}
	return missing
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n\t") }

// wantOnce checks that what handlers emitted was published once.
func wantOnce(t *testing.T, entries []museum.Entry) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range entries {
		for _, h := range e.Headers {
			if h[0] == "ce_id" && e.Topic == "alerts" {
				if seen[h[1]] {
					t.Errorf("%s was published twice", h[1])
				}
				seen[h[1]] = true
			}
		}
	}
	if len(seen) == 0 {
		t.Error("nothing was emitted")
	}
}
