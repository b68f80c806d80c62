package codectest

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/pack"
)

var record = flag.Bool("record", false, "record a value of the present shape in testdata/shapes")

// TestShapes reads what earlier shapes wrote: files of a schema, a value in hex and what it is now
// as JSON. A file is never changed, unless by more fields in its JSON.
func TestShapes(t *testing.T) {
	files, err := filepath.Glob("testdata/shapes/veteran*.txt")
	if err != nil {
		t.Fatal(err)
	}
	now, err := pack.ParseSchema(veteranSchema)
	if err != nil {
		t.Fatal(err)
	}
	present := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		if len(lines) != 4 {
			t.Fatalf("%s has %d lines", file, len(lines))
		}
		present = present || lines[0] == veteranSchema
		schema, err := pack.ParseSchema(lines[0])
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		data, err := hex.DecodeString(lines[1])
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		tr, err := pack.NewTranscoder(schema, now)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if lost := tr.Lost(); lost != "" {
			t.Errorf("%s: %s", file, lost)
		}
		if data, err = tr.Append(nil, data); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var v Veteran
		if err := pack.Decode(data, &v, packVeteran); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if got, err := json.Marshal(&v); err != nil || string(got) != lines[2] {
			t.Errorf("%s: %v\n got %s\nwant %s", file, err, got, lines[2])
		}
	}
	switch {
	case len(files) < 4:
		t.Errorf("only %d shapes", len(files))
	case !present && *record:
		recordVeteran(t, fmt.Sprintf("testdata/shapes/veteran%d.txt", len(files)+1))
	case !present:
		t.Error("the present shape is not recorded: run this test with -record")
	}
}

func recordVeteran(t *testing.T, file string) {
	v := Veteran{
		ID: "v4", FullName: "Four", Age: 1 << 40, Nick: ptr("quad"),
		Scores: map[string]float64{"a": 0.1, "b": -2},
		Born:   time.Date(1950, 6, 7, 8, 9, 10, 11, time.FixedZone("", 7200)),
		Homes:  []Home{{"1", "Main Street", "NO"}, {}},
		Parent: &Veteran{ID: "p4", Homes: []Home{}}, Birthplace: Birthplace{"Oslo", 70000},
	}
	data, err := pack.Append(nil, &v, packVeteran)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(&v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, "%s\n%x\n%s\n", veteranSchema, data, text),
		0o644); err != nil {
		t.Fatal(err)
	}
}
