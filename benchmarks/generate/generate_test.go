// Package generate measures brookgen: how long it takes, how much it writes, and how long that
// takes to compile.
//
//	go test -bench . -benchtime 3x ./generate
package generate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/internal/checkout"
)

// BenchmarkBrookgen runs brookgen on packages of 10, 100 and 1000 annotated types, half events and
// half collections, of six fields each. What is timed is the whole process, with nothing generated
// before; the rest is reported beside it:
//
//	unchanged-s  a run that finds everything up to date
//	lines/type   generated
//	build-s      go build of the package, its dependencies compiled already
//	bare-s       the same of the package as its author wrote it
func BenchmarkBrookgen(b *testing.B) {
	brookgen := filepath.Join(b.TempDir(), "brookgen")
	root := checkout.Root(b)
	command(b, root, "go", "build", "-o", brookgen, "./cmd/brookgen")
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := module(b, source(n/2))
			bare := build(b, dir)
			for b.Loop() {
				b.StopTimer()
				for _, path := range generated(b, dir) {
					if err := os.Remove(path); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				command(b, dir, brookgen)
			}
			start := time.Now()
			command(b, dir, brookgen)
			b.ReportMetric(time.Since(start).Seconds(), "unchanged-s")
			lines := 0
			for _, path := range generated(b, dir) {
				source, err := os.ReadFile(path)
				if err != nil {
					b.Fatal(err)
				}
				lines += bytes.Count(source, []byte("\n"))
			}
			b.ReportMetric(float64(lines)/float64(n), "lines/type")
			b.ReportMetric(build(b, dir).Seconds(), "build-s")
			b.ReportMetric(bare.Seconds(), "bare-s")
		})
	}
}

// build compiles the package of a folder and tells how long that took. Its dependencies are
// compiled before.
func build(b *testing.B, dir string) time.Duration {
	b.Helper()
	prepare(b, dir)
	start := time.Now()
	command(b, dir, "go", "build", ".")
	return time.Since(start)
}

// prepare compiles what the package of a folder may import, and makes sure that the package itself
// is compiled next.
func prepare(b *testing.B, dir string) {
	b.Helper()
	command(b, dir, "go", "build", "github.com/brookgen/brookgen/runtime/engine", "context", "iter")
	// A package that go has not seen yet is compiled, whatever its cache holds.
	stamp := fmt.Sprintf("package types\n\n// %d\n", time.Now().UnixNano())
	if err := os.WriteFile(filepath.Join(dir, "stamp.go"), []byte(stamp), 0o644); err != nil {
		b.Fatal(err)
	}
}

func generated(b *testing.B, dir string) []string {
	b.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "brook_*_gen.go"))
	if err != nil {
		b.Fatal(err)
	}
	return paths
}

// module writes a module with a package of one source file.
func module(b *testing.B, source string) string {
	b.Helper()
	dir := b.TempDir()
	files := checkout.Module(b, "example.com/types")
	files["types.go"] = []byte(source)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// source is a package of n events and n collections, each event with a handler.
func source(n int) string {
	var s strings.Builder
	s.WriteString("package types\n\nimport (\n\t\"time\"\n\n\tbrook \"github.com/brookgen/brookgen/runtime\"\n)\n\n// Set handles everything.\ntype Set struct{}\n")
	for i := range n {
		fmt.Fprintf(&s, `
//brook:event event.%[1]d
type Event%[1]d struct {
	ID     string    %[2]sjson:"id" brook:"key"%[2]s
	Name   string    %[2]sjson:"name"%[2]s
	Count  int       %[2]sjson:"count"%[2]s
	Active bool      %[2]sjson:"active,omitempty"%[2]s
	At     time.Time %[2]sjson:"at"%[2]s
	Tags   []string  %[2]sjson:"tags"%[2]s
}

//brook:collection collection%[1]d
type Value%[1]d struct {
	ID     string            %[2]sjson:"id" brook:"key"%[2]s
	Name   string            %[2]sjson:"name" brook:"index"%[2]s
	Count  int               %[2]sjson:"count"%[2]s
	Active bool              %[2]sjson:"active,omitempty"%[2]s
	At     time.Time         %[2]sjson:"at"%[2]s
	Tags   map[string]string %[2]sjson:"tags"%[2]s
}

//brook:handle
func (Set) Event%[1]d(e brook.Event[Event%[1]d]) brook.Change[string, Value%[1]d] {
	return brook.Merge(e.Data.ID, func(v *Value%[1]d) { v.Count += e.Data.Count })
}
`, i, "`")
	}
	return s.String()
}

func command(b *testing.B, dir string, name string, args ...string) {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = checkout.Env(b)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
