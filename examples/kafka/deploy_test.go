package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookotel"
)

// status is an app of which everything is to be reported.
type status struct{}

func (status) Status() brook.Status {
	return brook.Status{
		State: brook.StateLive, Mode: brook.Mode{Lanes: 1}, Stale: &brook.StaleStatus{},
		Partitions: []brook.PartitionStatus{{Topic: "shop", End: 1, Stands: "why"}},
		Rebuild:    &brook.RebuildStatus{Running: true},
	}
}

// exported returns the metrics that are served once everything has happened that is measured, with
// their labels.
func exported(t *testing.T) map[string]map[string]bool {
	t.Helper()
	m, err := newMetrics()
	if err != nil {
		t.Fatal(err)
	}
	config := brook.Config{Author: "shop"}
	telemetry, err := brookotel.Instrument(&config, brookotel.Options{MeterProvider: m.provider})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := telemetry.Observe(status{}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, kind := range []brook.OperationKind{
		brook.OperationEvent, brook.OperationSet, brook.OperationPublish, brook.OperationCommit,
		brook.OperationEffect, brook.OperationJob, brook.OperationRebuild,
	} {
		for _, outcome := range []brook.Outcome{brook.OutcomeDone, brook.OutcomeFailed} {
			op := brook.Operation{Kind: kind, Position: brook.Position{Topic: "shop"},
				Topic: "shop", Type: "order.placed", Known: true, Set: "Projection",
				Handler: "Projection.OrderPlaced", Attempt: 1, Events: 1}
			within := config.Hooks.Begin(ctx, &op)
			op.Outcome, op.Duration = outcome, time.Millisecond
			if outcome == brook.OutcomeFailed {
				op.Err = errors.New("no")
			}
			config.Hooks.End(within, &op)
		}
	}
	config.Hooks.Commit(brook.Commit{Events: 1})
	config.Hooks.DeadLetter(brook.DeadLetter{Stage: brook.StageHandle, Set: "Projection"})
	config.Hooks.Stray(brook.Stray{Handler: "Projection.OrderPlaced"})
	config.Hooks.Failure(brook.Failure{What: "commit", Err: errors.New("no")})

	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	all := map[string]map[string]bool{
		"up": {}, // of Prometheus
	}
	line := regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? \S+$`)
	label := regexp.MustCompile(`(\w+)="`)
	for _, found := range line.FindAllStringSubmatch(w.Body.String(), -1) {
		labels := all[found[1]]
		if labels == nil {
			labels = map[string]bool{}
			all[found[1]] = labels
		}
		for _, l := range label.FindAllStringSubmatch(found[2], -1) {
			labels[l[1]] = true
		}
	}
	for _, labels := range all {
		labels["job"], labels["instance"] = true, true // Prometheus adds them
	}
	return all
}

// query is what a text in PromQL names.
type query struct {
	text    string
	metrics map[string][]string // with the labels that it selects by
	labels  []string            // that it groups by
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	grouping = regexp.MustCompile(`\b(?:by|on|without|ignoring) ?\(([^)]*)\)`)
	during   = regexp.MustCompile(`\[[^\]]*\]`)
	selector = regexp.MustCompile(`([a-zA-Z_]\w*)(\{[^}]*\})?( *\()?`)
	word     = regexp.MustCompile(`[a-zA-Z_]\w*`)
)

// parse finds what a query names. It knows as much of PromQL as our queries need.
func parse(text string) query {
	q := query{text: text, metrics: map[string][]string{}}
	if inner, ok := strings.CutPrefix(text, "label_values("); ok {
		metric, label, _ := strings.Cut(strings.TrimSuffix(inner, ")"), ", ")
		q.metrics[metric] = []string{label}
		return q
	}
	text = during.ReplaceAllString(quoted.ReplaceAllString(text, `""`), "")
	for _, g := range grouping.FindAllStringSubmatch(text, -1) {
		q.labels = append(q.labels, word.FindAllString(g[1], -1)...)
	}
	text = grouping.ReplaceAllString(text, " ")
	for _, s := range selector.FindAllStringSubmatch(text, -1) {
		if s[3] == "" && s[1] != "and" && s[1] != "or" && s[1] != "unless" {
			q.metrics[s[1]] = append(q.metrics[s[1]], word.FindAllString(s[2], -1)...)
		}
	}
	return q
}

// check wants a query to name metrics that are exported, with these labels. legend is what the label
// of a line is made of.
func (q query) check(t *testing.T, all map[string]map[string]bool, legend string) {
	t.Helper()
	if len(q.metrics) == 0 {
		t.Errorf("no metric is found in %s", q.text)
	}
	var named []string
	for _, l := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(legend, -1) {
		named = append(named, l[1])
	}
	for metric, labels := range q.metrics {
		if all[metric] == nil {
			t.Errorf("%s is not exported: %s", metric, q.text)
			continue
		}
		for _, l := range slices.Concat(labels, q.labels) {
			if !all[metric][l] {
				t.Errorf("%s has no label %s, but %v: %s", metric, l,
					slices.Sorted(maps.Keys(all[metric])), q.text)
			}
		}
		for _, l := range named {
			if kept := len(q.labels) == 0 && all[metric][l] || slices.Contains(q.labels, l); !kept {
				t.Errorf("the legend %q names a label that is gone: %s", legend, q.text)
			}
		}
	}
}

// Queries are read as they are meant.
func TestParse(t *testing.T) {
	q := parse(`histogram_quantile(0.99, sum by (a, le) (rate(x_bucket{b=~"c d",e="f"}[$__rate_interval]))) > 1 and on (g) y == 0`)
	if want := []string{"a", "le", "g"}; !slices.Equal(q.labels, want) {
		t.Errorf("labels %v, want %v", q.labels, want)
	}
	if len(q.metrics) != 2 || !slices.Equal(q.metrics["x_bucket"], []string{"b", "e"}) ||
		q.metrics["y"] != nil {
		t.Errorf("metrics %v", q.metrics)
	}
}

// Every query of the dashboard and of the alerts is of metrics that are exported, with their labels.
func TestQueriesAreOfWhatIsExported(t *testing.T) {
	all := exported(t)
	text, err := os.ReadFile("../../deploy/grafana/brook.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard any
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := 0
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			legend, _ := v["legendFormat"].(string)
			for _, k := range []string{"expr", "definition"} {
				if expr, ok := v[k].(string); ok {
					queries++
					parse(expr).check(t, all, legend)
				}
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(dashboard)
	if queries < 30 {
		t.Errorf("the dashboard has %d queries", queries)
	}

	alerts, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	documented, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := strings.Split(string(alerts), "- alert: ")[1:]
	if len(rules) < 10 {
		t.Errorf("there are %d alerts", len(rules))
	}
	expr := regexp.MustCompile(`(?m)^ +expr: (.*)$`)
	for _, rule := range rules {
		name, _, _ := strings.Cut(rule, "\n")
		if !strings.Contains(string(documented), "| `"+name+"` |") {
			t.Errorf("docs/observability.md does not say what to do about %s", name)
		}
		found := expr.FindStringSubmatch(rule)
		if found == nil {
			t.Errorf("%s has no query", name)
			continue
		}
		summary := strings.ReplaceAll(strings.ReplaceAll(rule, "{{ $labels.", "{{"), " }}", "}}")
		parse(found[1]).check(t, all, strings.ReplaceAll(summary, "{{ $value }}", ""))
	}
}
