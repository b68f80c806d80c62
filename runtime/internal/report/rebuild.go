package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

const (
	firstLetters = 20 // that a report has
	mostFailures = 50 // ways to fail that a report tells apart
	mostLogged   = 10 // ways to fail that have a line of the log each
)

// AddFailure adds a dead letter that the live views don't have to the report of a rebuild.
func AddFailure(r *brook.RebuildReport, l *brook.DeadLetter) {
	if len(r.First) < firstLetters {
		first := *l
		first.Record.Value = nil
		r.First = append(r.First, first)
	}
	// Errors that quote their values are all different. Once there are too many, those of one type,
	// set and stage count as one.
	for exact := true; ; exact = false {
		i := slices.IndexFunc(r.Failures, func(f brook.FailureCount) bool {
			return f.Type == l.Type && f.Set == l.Set && f.Stage == l.Stage &&
				(f.Error == l.Error || !exact)
		})
		if i >= 0 {
			r.Failures[i].Count++
			return
		}
		if exact && len(r.Failures) < mostFailures || !exact {
			r.Failures = append(r.Failures,
				brook.FailureCount{Type: l.Type, Set: l.Set, Stage: l.Stage, Error: l.Error,
					Count: 1})
			return
		}
	}
}

// SortFailures puts the most frequent failures of a report first.
func SortFailures(r *brook.RebuildReport) {
	slices.SortStableFunc(r.Failures, func(f, g brook.FailureCount) int {
		return cmp.Compare(g.Count, f.Count)
	})
}

// RebuildProgress reports how far a rebuild has come, to the log too if log is set.
func (r *Reporter) RebuildProgress(p brook.RebuildProgress, log bool) {
	if r.Hooks.RebuildProgress != nil {
		r.Hooks.RebuildProgress(p)
	}
	if log {
		r.Info("rebuilding the views", "read", p.Read, "of", p.Total,
			"for", p.Took.Round(time.Second), "left", p.Left.Round(time.Second))
	}
}

// Rebuilt reports what a rebuild came to. topics are those that the app reads, and changes is how
// the code differs from what made the views before.
func (r *Reporter) Rebuilt(report *brook.RebuildReport, topics []string, changes string) {
	if len(report.Passed) > 0 {
		var types []string
		for _, typ := range slices.Sorted(maps.Keys(report.Passed)) {
			types = append(types, fmt.Sprintf("%d × %s", report.Passed[typ], typ))
		}
		r.Warn("the rebuild passed over events that the live views were made from: "+
			"the code does not know their types any more (was one renamed?)", "events", strings.Join(types, ", "))
	}
	if report.Promoted && report.Read < report.ReadBefore/2 {
		r.Warn("the rebuilt views are made from far less of the log than those that they replaced "+
			"(is a topic mistyped?)", "read", report.Read, "before", report.ReadBefore,
			"topics", strings.Join(topics, ", "), "changes", changes)
	}
	if report.Dealt > 0 {
		r.Warn("dead letters of the views that are live again are gone: their events fail in this "+
			"code, and other code dealt with them", "letters", report.Dealt)
	}
	if report.Letters > 0 {
		r.Warn("the rebuilt views have dead letters", "letters", report.Letters)
	}
	for i, f := range report.Failures {
		if i == mostLogged {
			r.Warn("and more ways to fail", "ways", len(report.Failures)-i)
			break
		}
		r.Warn("dead letters that the live views don't have", "letters", f.Count,
			"type", f.Type, "set", f.Set, "stage", f.Stage, "error", text.Cut(f.Error, 500))
	}
	if r.Hooks.Rebuilt != nil {
		r.Hooks.Rebuilt(*report)
	}
}
