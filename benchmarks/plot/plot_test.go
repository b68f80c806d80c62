package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden figures")

// TestGolden draws figures of a small input, with repeated, missing and foreign benchmarks.
func TestGolden(t *testing.T) {
	out := t.TempDir()
	if err := run(out, []string{"testdata/bench.txt"}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := run("testdata", []string{"testdata/bench.txt"}); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := filepath.Glob("testdata/*.svg")
	if err != nil || len(golden) != 2 {
		t.Fatal(golden, err)
	}
	drawn, err := filepath.Glob(out + "/*.svg")
	if err != nil || len(drawn) != len(golden) {
		t.Fatalf("%v are drawn, want %v", drawn, golden)
	}
	for i, name := range golden {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(drawn[i])
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) != filepath.Base(drawn[i]) || !bytes.Equal(got, want) {
			t.Errorf("%s differs from %s; run go test -update, and look at it", drawn[i], name)
		}
		for d := xml.NewDecoder(bytes.NewReader(got)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestMedian(t *testing.T) {
	r := newResults()
	err := r.read(strings.NewReader(`
go: go1.26
BenchmarkA/x=1-2   1   30 ns/op   7 B/op
BenchmarkA/x=1-2   1   10 ns/op
not a benchmark: 5
BenchmarkA/x=1-2   1   20 ns/op
BenchmarkA/x=2     1   1e3 ns/op
BenchmarkA/x=2     1   3e3 ns/op
go: go1.1
load: 2.50 1.00 1.00
load: 12.50 1.00 1.00
load: 3.00 1.00 1.00
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, unit string
		median     float64
		n          int
	}{
		{"A/x=1", "ns/op", 20, 3}, {"A/x=1", "B/op", 7, 1}, {"A/x=2", "ns/op", 2000, 2},
		{"A/x=3", "ns/op", 0, 0},
	} {
		if median, n := r.median(c.name, c.unit); median != c.median || n != c.n {
			t.Errorf("%s: %v of %d, want %v of %d", c.name, median, n, c.median, c.n)
		}
	}
	if r.card["go"] != "go1.26" || r.load != 12.5 {
		t.Error(r.card, r.load)
	}
	for _, bad := range []string{"BenchmarkA 1 3", "BenchmarkA 1 x ns/op"} {
		if err := r.read(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestNothing(t *testing.T) {
	if err := run(t.TempDir(), nil); err == nil {
		t.Error("figures of nothing")
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.5: "0.5", 60: "60", 515: "515", 999.6: "1,000", 4940.4: "4,940", 9994: "9,994",
		9995: "10 k", 12_726: "12.7 k", 155_020: "155 k", 999_499: "999 k", 999_500: "1 M",
		1_236_000: "1.24 M", 20e6: "20 M",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestStep(t *testing.T) {
	for largest, want := range map[float64]float64{1: 0.2, 8: 1, 9: 2, 1_240_000: 200_000,
		515: 100} {
		if got := step(largest); got != want {
			t.Errorf("ticks up to %v are %v apart, want %v", largest, got, want)
		}
	}
	if power("10000000") != "10⁷" || power("12") != "12" || power("q7") != "q7" {
		t.Error(power("10000000"), power("12"))
	}
}

// TestFigures wants figures to have names of their own, and benchmarks a place for the category.
func TestFigures(t *testing.T) {
	var names []string
	for _, f := range figures {
		names = append(names, f.name)
		for _, s := range f.series {
			if (s.published == nil) != strings.Contains(s.bench, "%s") {
				t.Errorf("%s: %s", f.name, s.label)
			}
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(figures) {
		t.Error(names)
	}
}
