package museum_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/brookgen/brookgen/internal/museum"
)

// TestRecord records the states of the versions that have none yet. What is recorded is never
// written again: it is what the runtime and the generator of that time made.
func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("it writes files of testdata: only with -record")
	}
	for n, v := range versions {
		if exists(file(v.Name, "views.txt")) {
			continue
		}
		var entries, after []museum.Entry
		if n > 0 {
			entries = entriesUntil(t, versions[n-1].Name)
		}
		var shown string
		for _, x := range []exhibit{redisServer, badger} {
			from := ""
			if n > 0 {
				from = file(versions[n-1].Name, x.name)
			}
			store, closed, save := x.restore(t, from)
			s := open(t, v, newLog(t, entries), store)
			s.catchUp()
			s.goOn()
			text := s.text()
			s.close()
			closed()
			save(file(v.Name, x.name))
			if shown != "" && (shown != text || !slices.EqualFunc(after, s.log.Entries(), same)) {
				t.Errorf("%s differs over Badger and Redis:\n%s\n%s", v.Name, shown, text)
			}
			shown, after = text, s.log.Entries()
		}
		if err := museum.WriteEntries(filepath.Join(testdata, "log.jsonl"), after); err != nil {
			t.Fatal(err)
		}
		writeFile(t, file(v.Name, "views.txt"), shown)
	}
}

// same reports whether two entries are the same record.
func same(a, b museum.Entry) bool {
	return a.Topic == b.Topic && a.Partition == b.Partition && a.Key == b.Key && a.Value == b.Value &&
		slices.Equal(a.Headers, b.Headers)
}
