package main

import (
	"fmt"
	"strings"
)

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

// peers are the codecs of the benchmark of JSON.
var peers = []string{"brook", "goccy", "sonic", "sonic-std", "easyjson", "exp", "segmentio", "jx",
	"std"}

// json is the figure of one size of events.
func json(size, bytes string) figure {
	f := figure{
		name: "json-" + strings.ToLower(size), title: "JSON of " + bytes + ": CPU time", unit: "ns",
		note:       "Decode, encode into a fresh buffer, encode into one that is used again.",
		categories: []string{"decode", "fresh", "reused"},
	}
	for _, p := range peers {
		f.series = append(f.series,
			series{label: p, bench: "JSON/" + size + "/%s/" + p, unit: "cpu-ns/op"})
	}
	return f
}

var figures = []figure{
	json("S", "126 bytes"), json("M", "508 bytes"), json("L", "8 KB"),
	{
		name: "nexmark", title: "Nexmark: events a second per core used", unit: "events/s",
		note:       "Flink and RisingWave: published, on other machines, with other sources and sinks.",
		categories: queries,
		series: []series{
			{label: "map store, result thrown away", bench: query("blackhole", "map", 1),
				unit: "events/s/core"},
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
			{label: "Badger, each commit synced", bench: query("view", "badger-sync", 1),
				unit: "cpu-ns/event"},
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
		name: "keys-get", title: "Map store: CPU time of reading a random row", unit: "ns",
		lines:      true,
		note:       "Across: how many rows there are.",
		categories: sizes,
		series: []series{
			{label: "Get of a view", bench: "Get/keys=%s", unit: "ns/get"},
			{label: "a Go map without a lock", bench: "Get/keys=%s", unit: "ns/map-read"},
		},
	},
	{
		name: "keys-fold", title: "Map store: CPU time of merging an event into a random row", unit: "ns",
		lines:      true,
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
