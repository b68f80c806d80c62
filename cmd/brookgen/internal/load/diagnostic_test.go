package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/templates/model"
)

// TestPrint: the caret stands below what is wrong, behind tabs and letters of several bytes.
func TestPrint(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sub", "a.go")
	write(t, file, []byte("package a\n\tvar größe Tpe // é\r\n"))
	elsewhere := filepath.Join(filepath.Dir(dir), "b.go")
	at := func(file string, line, col int) model.Pos { return model.Pos{File: file, Line: line, Col: col} }
	var out strings.Builder
	err := Print(&out, dir, []Diagnostic{
		{Pos: at(file, 2, 14), End: at(file, 2, 17), Message: "undefined: Tpe"},
		{Pos: at(file, 2, 6), End: at(file, 2, 13), Message: "name"},
		{Pos: at(file, 2, 2), Message: "start only"},
		{Pos: at(file, 9, 9), Message: "line is gone"},
		{Pos: at(elsewhere, 1, 1), Message: "file is gone"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`sub/a.go:2:14: undefined: Tpe
		var größe Tpe // é
		          ^~~
sub/a.go:2:6: name
		var größe Tpe // é
		    ^~~~~
sub/a.go:2:2: start only
		var größe Tpe // é
		^
sub/a.go:9:9: line is gone
../b.go:1:1: file is gone
`, "sub/", "sub"+string(os.PathSeparator))
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
