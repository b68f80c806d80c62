package museum_test

import (
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/brookgen/brookgen/internal/museum"
	"github.com/brookgen/brookgen/internal/museum/v01"
	"github.com/brookgen/brookgen/internal/museum/v02"
	"github.com/brookgen/brookgen/internal/museum/v03"
	"github.com/brookgen/brookgen/internal/museum/v04"
	"github.com/brookgen/brookgen/internal/museum/v05"
	"github.com/brookgen/brookgen/internal/museum/v06"
	"github.com/brookgen/brookgen/internal/museum/v07"
	"github.com/brookgen/brookgen/internal/museum/v08"
	"github.com/brookgen/brookgen/internal/museum/v09"
	"github.com/brookgen/brookgen/internal/museum/v10"
	"github.com/brookgen/brookgen/internal/museum/v11"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

var (
	record = flag.Bool("record", false, "record the states of versions that have none in testdata/museum")
	update = flag.Bool("update", false, "write testdata/museum/steps.txt")
)

// versions are all versions of the shop, the oldest first.
var versions = []museum.Version{
	v01.Version, v02.Version, v03.Version, v04.Version, v05.Version, v06.Version, v07.Version,
	v08.Version, v09.Version, v10.Version, v11.Version,
}

// stale are the versions for which the views of the one before are stale: they are rebuilt.
var stale = []string{"v06", "v11"}

// unnoticed are the versions whose code makes other rows of the same events than the one before,
// without having other collections, events or keys: what is stored stays as it was until somebody
// calls Rebuild, and why it differs.
var unnoticed = map[string]string{
	"v04": "a row had no note, and its event has an empty one or none",
	"v10": "a row has a currency, which its payments have by default",
}

const testdata = "../../testdata/museum"

// file returns the path of a file that belongs to a version.
func file(version, name string) string { return filepath.Join(testdata, version, name) }

// numberOf returns the place of a version.
func numberOf(name string) int {
	for i, v := range versions {
		if v.Name == name {
			return i
		}
	}
	panic("museum: no version " + name)
}

// entriesUntil returns the log as it was when a version went out of use.
func entriesUntil(t *testing.T, version string) (until []museum.Entry) {
	t.Helper()
	all, err := museum.ReadEntries(filepath.Join(testdata, "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if numberOf(e.During) <= numberOf(version) {
			until = append(until, e)
		}
	}
	if len(until) == 0 {
		t.Fatalf("nothing is recorded of %s: run the tests with -run TestRecord -record", version)
	}
	return until
}

func newLog(t *testing.T, entries []museum.Entry) *museum.Log {
	t.Helper()
	l, err := museum.NewLog(t.Context(), entries)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// service is a version that runs over a log and a store, and what its rebuilds came to.
type service struct {
	*museum.Service
	t        *testing.T
	version  museum.Version
	log      *museum.Log
	rebuilds []brook.RebuildReport
}

func open(t *testing.T, v museum.Version, log *museum.Log, store brook.Store) *service {
	t.Helper()
	s := &service{t: t, version: v, log: log}
	c := brook.Config{Author: "shop", Driver: log, Store: store,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	c.Hooks.Rebuilt = func(r brook.RebuildReport) { s.rebuilds = append(s.rebuilds, r) }
	var err error
	if s.Service, err = v.Open(c); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) catchUp() {
	s.t.Helper()
	if err := s.CatchUp(s.t.Context()); err != nil {
		s.t.Fatalf("%s: %v", s.version.Name, err)
	}
}

// goOn publishes what happens while the version is in use, and folds it.
func (s *service) goOn() {
	s.t.Helper()
	s.publish()
	s.catchUp()
}

func (s *service) publish() {
	s.t.Helper()
	s.log.During(s.version.Name)
	if _, err := s.PublishAll(s.t.Context(), func(yield func(brook.Outgoing) bool) {
		for _, e := range s.version.Story {
			if !yield(e) {
				return
			}
		}
	}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) text() string {
	s.t.Helper()
	text, err := s.Text()
	if err != nil {
		s.t.Fatalf("%s: %v", s.version.Name, err)
	}
	return text
}

func (s *service) preview() brook.Diff {
	s.t.Helper()
	diff, err := s.Preview(s.t.Context())
	if err != nil {
		s.t.Fatalf("%s: %v", s.version.Name, err)
	}
	return diff
}

// onePass returns what the version shows after one pass over the log, in a store of its own.
func onePass(t *testing.T, v museum.Version, entries []museum.Entry) string {
	t.Helper()
	s := open(t, v, newLog(t, entries), mapstore.New())
	defer s.close()
	s.catchUp()
	return s.text()
}

// wantOnePass checks that the service shows what one pass over its log makes.
func (s *service) wantOnePass(when string) {
	s.t.Helper()
	if got, want := s.text(), onePass(s.t, s.version, s.log.Entries()); got != want {
		s.t.Errorf("%s, %s shows\n%s\none pass over the log makes\n%s", when, s.version.Name, got, want)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(name string) bool {
	_, err := fs.Stat(os.DirFS(filepath.Dir(name)), filepath.Base(name))
	return err == nil
}

// between names a pair of versions.
func between(from, to museum.Version) string { return fmt.Sprintf("%s-%s", from.Name, to.Name) }
