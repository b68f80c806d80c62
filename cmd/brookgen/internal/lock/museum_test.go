package lock

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// judged is what brook.lock says of the steps of the museum's shop; nothing of those that are not
// here. The log of the museum bears it out: internal/museum opens it with each version.
var judged = map[string][]string{
	"v05-v06": { // what no log holds may go
		`breaking: event item.viewed is gone, and the log holds it: take it back, or run "brookgen lock -accept item.viewed" if no log holds such events`,
	},
}

// The museum has the locks of a shop that grew for years.
func TestMuseum(t *testing.T) {
	const museum = "../../../../internal/museum"
	files, err := filepath.Glob(filepath.Join(museum, "v*", FileName))
	if err != nil || len(files) < 2 {
		t.Fatalf("locks of the museum: %v, %v", files, err)
	}
	var last *Lock
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		now, err := Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			step := filepath.Base(filepath.Dir(files[i-1])) + "-" + filepath.Base(filepath.Dir(file))
			var said []string
			for _, f := range Judge(last, last, now, "") {
				kind := "told: "
				if f.Breaking {
					kind = "breaking: "
				}
				said = append(said, kind+f.Message)
			}
			if !slices.Equal(said, judged[step]) {
				t.Errorf("of %s it says\n%s\nwant\n%s", step,
					strings.Join(said, "\n"), strings.Join(judged[step], "\n"))
			}
			delete(judged, step)
		}
		last = now
	}
	if len(judged) > 0 {
		t.Errorf("no such steps: %v", judged)
	}
}
