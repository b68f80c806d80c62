package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results is what benchmarks printed.
type results struct {
	of   map[string]map[string][]float64 // by benchmark and unit
	card map[string]string               // the lines "key: value" before them
	load float64                         // the highest that was noted
}

func newResults() *results {
	return &results{of: map[string]map[string][]float64{}, card: map[string]string{}}
}

var (
	cardLine  = regexp.MustCompile(`^([a-z]+): (.*)$`)
	procs     = regexp.MustCompile(`-\d+$`)
	benchLine = regexp.MustCompile(`^Benchmark(\S+)\s+\d+\s+(.*)$`)
)

// read adds what is in a file. Lines that are none of a benchmark are passed over.
func (r *results) read(f io.Reader) error {
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if m := cardLine.FindStringSubmatch(line); m != nil {
			r.note(m[1], m[2])
		}
		m := benchLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name, fields := procs.ReplaceAllString(m[1], ""), strings.Fields(m[2])
		if len(fields)%2 != 0 {
			return fmt.Errorf("a value without a unit: %s", line)
		}
		if r.of[name] == nil {
			r.of[name] = map[string][]float64{}
		}
		for i := 0; i < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("%w in: %s", err, line)
			}
			r.of[name][fields[i+1]] = append(r.of[name][fields[i+1]], v)
		}
	}
	return lines.Err()
}

// note keeps a line of the card. Of several the first counts.
func (r *results) note(key, value string) {
	if _, ok := r.card[key]; !ok {
		r.card[key] = value
	}
	if key == "load" {
		now, _, _ := strings.Cut(value, " ")
		if load, err := strconv.ParseFloat(now, 64); err == nil {
			r.load = max(r.load, load)
		}
	}
}

// median returns the median of a benchmark's results in a unit, and how many there are.
func (r *results) median(name, unit string) (median float64, n int) {
	all := slices.Sorted(slices.Values(r.of[name][unit]))
	n = len(all)
	if n == 0 {
		return 0, 0
	}
	return (all[(n-1)/2] + all[n/2]) / 2, n
}
