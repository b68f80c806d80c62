package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

const (
	firstLetters = 20
	mostFailures = 50 // ways to fail that a report tells apart
)

// addStranger takes a letter that the live views don't have into the report.
func addStranger(r *brook.RebuildReport, l *brook.DeadLetter) {
	if len(r.First) < firstLetters {
		first := *l
		first.Record.Value = nil
		r.First = append(r.First, first)
	}
	// Errors that quote their values are all different: then those of one type, set and stage count as one.
	for exact := true; ; exact = false {
		i := slices.IndexFunc(r.Failures, func(f brook.FailureCount) bool {
			return f.Type == l.Type && f.Set == l.Set && f.Stage == l.Stage && (f.Error == l.Error || !exact)
		})
		if i >= 0 {
			r.Failures[i].Count++
			return
		}
		if exact && len(r.Failures) < mostFailures || !exact {
			r.Failures = append(r.Failures, brook.FailureCount{Type: l.Type, Set: l.Set, Stage: l.Stage, Error: l.Error, Count: 1})
			return
		}
	}
}

// sortFailures puts the most frequent ones first.
func sortFailures(r *brook.RebuildReport) {
	slices.SortStableFunc(r.Failures, func(f, g brook.FailureCount) int { return cmp.Compare(g.Count, f.Count) })
}

// tellReport tells log and hook what a rebuild came to; changes are how the code differs from what made the views before.
func (a *App) tellReport(r *brook.RebuildReport, changes string) {
	log := a.config.Log.With("app", a.config.Name)
	if len(r.Passed) > 0 {
		var types []string
		for _, typ := range slices.Sorted(maps.Keys(r.Passed)) {
			types = append(types, fmt.Sprintf("%d × %s", r.Passed[typ], typ))
		}
		log.Warn("brook: the rebuild passed over events that the live views were made from: the code does not know their types any more (was one renamed?)",
			"events", strings.Join(types, ", "))
	}
	if r.Promoted && r.Read < r.ReadBefore/2 {
		log.Warn("brook: the rebuilt views are made from far less of the log than those that they replaced (is a topic mistyped?)",
			"read", r.Read, "before", r.ReadBefore, "topics", strings.Join(a.topics, ", "), "changes", changes)
	}
	if r.Letters > 0 {
		log.Warn("brook: the rebuilt views have dead letters", "letters", r.Letters)
	}
	for i, f := range r.Failures {
		if i == 10 {
			log.Warn("brook: and more ways to fail", "ways", len(r.Failures)-i)
			break
		}
		log.Warn("brook: dead letters that the live views don't have", "letters", f.Count, "type", f.Type, "set", f.Set, "stage", f.Stage, "error", text.Cut(f.Error, 500))
	}
	if a.config.Hooks.Rebuilt != nil {
		a.config.Hooks.Rebuilt(*r)
	}
}
