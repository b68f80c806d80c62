package main

import "fmt"

// A figure is a chart of some benchmarks.
type figure struct {
	name, title string
	unit        string // of its values, as it is written
	note        string
	lines       bool     // a line for each series, else bars
	categories  []string // what is beside one another
	series      []series
}

// A series is a value for each category: of a benchmark, or published by others.
type series struct {
	label     string
	bench     string // the benchmark, with a verb for the category
	unit      string // of the benchmark's metric
	published map[string]float64
}

var (
	queries = []string{"q0", "q1", "q2", "q17", "q18", "q20"}
	sizes   = []string{"10000", "100000", "1000000", "10000000"}

	// The result of "run_query.sh all" in GUIDE_V1.md of github.com/nexmark/nexmark.
	flink = map[string]float64{"q0": 155_020, "q1": 157_940, "q2": 175_210, "q17": 116_800,
		"q18": 53_700, "q20": 18_980}
	// docs.risingwave.com/get-started/rw-benchmarks-stream-processing.
	risingWave = map[string]float64{"q0": 118_410, "q1": 119_370, "q2": 127_360, "q17": 17_314,
		"q18": 9_845.5, "q20": 12_726}
)

func query(sink, store string, partitions int) string {
	return fmt.Sprintf("Query/query=%%s/sink=%s/store=%s/partitions=%d", sink, store, partitions)
}

var figures = []figure{
	{
		name: "nexmark", title: "Nexmark: events a second per core used", unit: "events/s",
		note:       "Flink and RisingWave: published, on other machines, with other sources and sinks.",
		categories: queries,
		series: []series{
			{label: "map store, result thrown away", bench: query("blackhole", "map", 1), unit: "events/s/core"},
			{label: "map store, a view", bench: query("view", "map", 1), unit: "events/s/core"},
			{label: "Badger, a view", bench: query("view", "badger", 1), unit: "events/s/core"},
			{label: "Flink", published: flink},
			{label: "RisingWave", published: risingWave},
		},
	},
	{
		name: "nexmark-cpu", title: "Nexmark: CPU time of an event", unit: "ns",
		note:       "A view of the result, one partition.",
		categories: queries,
		series: []series{
			{label: "map store", bench: query("view", "map", 1), unit: "cpu-ns/event"},
			{label: "Badger, not synced", bench: query("view", "badger", 1), unit: "cpu-ns/event"},
			{label: "Badger, each commit synced", bench: query("view", "badger-sync", 1), unit: "cpu-ns/event"},
		},
	},
	{
		name: "nexmark-partitions", title: "Nexmark: events a second", unit: "events/s",
		note:       "A view of the result.",
		categories: queries,
		series: []series{
			{label: "map store, 1 partition", bench: query("view", "map", 1), unit: "events/s"},
			{label: "map store, 2 side by side", bench: query("view", "map", 2), unit: "events/s"},
			{label: "Badger, 1 partition", bench: query("view", "badger", 1), unit: "events/s"},
			{label: "Badger, 2 side by side", bench: query("view", "badger", 2), unit: "events/s"},
		},
	},
	{
		name: "keys-get", title: "Map store: CPU time of reading a random row", unit: "ns", lines: true,
		note:       "Across: how many rows there are.",
		categories: sizes,
		series: []series{
			{label: "Get of a view", bench: "Get/keys=%s", unit: "ns/get"},
			{label: "a Go map without a lock", bench: "Get/keys=%s", unit: "ns/map-read"},
		},
	},
	{
		name: "keys-fold", title: "Map store: CPU time of merging an event into a random row", unit: "ns", lines: true,
		note:       "Across: how many rows there are.",
		categories: sizes,
		series: []series{
			{label: "an app", bench: "Fold/keys=%s", unit: "cpu-ns/event"},
			{label: "an app, collector off", bench: "Fold/keys=%s", unit: "uncollected-ns/event"},
			{label: "by hand into a Go map", bench: "Fold/keys=%s", unit: "map-cpu-ns/event"},
			{label: "reading the log alone", bench: "Fold/keys=%s", unit: "log-cpu-ns/event"},
		},
	},
}

// table is a figure's values.
type table struct {
	categories []string    // that have a value
	series     []string    // that have a value
	color      []int       // of each series, so that one that is missing changes no other's
	value      [][]float64 // by series and category; below 0 where there is none
	largest    float64
	runs       int // the fewest that a value is the median of
}

// table returns the figure's values, or false if no benchmark of it was run.
func (f *figure) table(r *results) (t table, ok bool) {
	t.categories = f.present(r)
	for i, s := range f.series {
		row, any := make([]float64, len(t.categories)), false
		for j, c := range t.categories {
			v, n := s.value(r, c)
			if row[j] = v; n == 0 {
				row[j] = -1
				continue
			}
			any = true
			t.largest = max(t.largest, v)
			if s.published == nil && (t.runs == 0 || n < t.runs) {
				t.runs = n
			}
		}
		if any {
			t.series, t.color, t.value = append(t.series, s.label), append(t.color, i), append(t.value, row)
		}
	}
	return t, t.runs > 0
}

// present returns the categories that a benchmark was run for.
func (f *figure) present(r *results) (all []string) {
	for _, c := range f.categories {
		for _, s := range f.series {
			if _, n := s.value(r, c); n > 0 && s.published == nil {
				all = append(all, c)
				break
			}
		}
	}
	return all
}

func (s *series) value(r *results, category string) (v float64, n int) {
	if s.published != nil {
		v, ok := s.published[category]
		if !ok {
			return 0, 0
		}
		return v, 1
	}
	return r.median(fmt.Sprintf(s.bench, category), s.unit)
}
