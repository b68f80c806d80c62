// Plot draws figures of what "go test -bench" printed.
//
//	plot -out docs/figures docs/figures/bench.txt
//
// It takes the median of all results of a benchmark, in whatever file they are, and draws those
// figures whose benchmarks are there. From the same input it draws the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", ".", "the folder to write figures to")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(out string, files []string) error {
	r := newResults()
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		err = r.read(f)
		if err := f.Close(); err != nil {
			return err
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	drawn := 0
	for _, f := range figures {
		svg := f.draw(r)
		if svg == nil {
			continue
		}
		drawn++
		if err := os.WriteFile(filepath.Join(out, f.name+".svg"), svg, 0o644); err != nil {
			return err
		}
	}
	if drawn == 0 {
		return fmt.Errorf("no benchmark of any figure is in %q", files)
	}
	return nil
}
