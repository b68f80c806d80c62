package brook

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/text"
)

// RebuildOption changes what a rebuild does: [AcceptLetters], [Review].
type RebuildOption interface {
	// Rebuild sets the option. Package engine calls it.
	Rebuild(options *RebuildOptions)
}

// RebuildOptions are what the options of a rebuild set. Package engine uses it.
type RebuildOptions struct {
	Accept bool             // promote in spite of dead letters that the live views don't have
	Review func(Diff) error // called before the promotion; nil: there is nobody to ask
}

type rebuildOption func(*RebuildOptions)

// Rebuild sets the option.
func (o rebuildOption) Rebuild(options *RebuildOptions) { o(options) }

// AcceptLetters makes a rebuild promote the rebuilt views even if they have dead letters that the
// live ones don't have.
func AcceptLetters() RebuildOption {
	return rebuildOption(func(o *RebuildOptions) { o.Accept = true })
}

// RebuildReport is the outcome of a rebuild. It is the caller's own.
type RebuildReport struct {
	// Promoted is set if the rebuilt views are the live ones now.
	Promoted bool
	// Returned is set if the views are those that the same code made before and that were kept, see
	// Config.KeepReplaced, with what the log got since folded into them.
	Returned bool
	// Dealt is how many dead letters of returned views are gone: their events still fail, and the
	// live views had dealt with them.
	Dealt int
	// Letters is how many dead letters the rebuilt views have, including those that only wait
	// behind others and those that the live views have too.
	Letters int
	// Failures counts the dead letters that were tried and that the live views don't have, by type,
	// set, stage and error, the most frequent ones first. If there are any, the rebuild is refused,
	// unless it was called with AcceptLetters.
	Failures []FailureCount
	// First has the first 20 of these dead letters in log order. Their records have no values.
	First []DeadLetter
	// Passed has, by type, how many events the rebuild passed over because the code does not know
	// their type any more, though the live views were made from events of that type.
	Passed map[string]int
	// Read is how many offsets of the log the rebuilt views are made from, and ReadBefore how many
	// the live ones were made from. Read is far smaller if the topic of an event is another one now
	// (was it mistyped?), or the log lost records.
	Read, ReadBefore int64
	// Took is how long the rebuild has taken so far.
	Took time.Duration
}

// FailureCount is how many events failed in one way.
type FailureCount struct {
	Type  string // of the event
	Set   string // the handler set that failed; "" if none was reached
	Stage string
	Error string // of the first one
	Count int
}

// String returns the count and what failed in one line.
func (f FailureCount) String() string {
	set := ""
	if f.Set != "" {
		set = " in " + f.Set
	}
	return fmt.Sprintf("%d × %s%s (%s: %s)",
		f.Count, cmp.Or(f.Type, "unknown type"), set, f.Stage, text.Cut(f.Error, 200))
}

// RebuildRefusedError is the error of a rebuild that was not promoted. It wraps [ErrRebuildRefused]
// and Err.
type RebuildRefusedError struct {
	Report RebuildReport
	Err    error // what ended the rebuild before it was done; nil: it was done
}

// Error returns what failed, and what to do.
func (e *RebuildRefusedError) Error() string {
	var b strings.Builder
	b.WriteString(ErrRebuildRefused.Error())
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	n := 0
	for _, f := range e.Report.Failures {
		n += f.Count
	}
	if n > 0 {
		fmt.Fprintf(&b, ": %d dead letters that the live views don't have: ", n)
		for i, f := range e.Report.Failures {
			if i == 3 {
				b.WriteString("; …")
				break
			}
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString(f.String())
		}
		fmt.Fprintf(&b, "; the first at %s", e.Report.First[0].Position)
	}
	b.WriteString("; the live views stay: mend the code")
	if e.Err == nil {
		b.WriteString(", or promote it all the same with Rebuild(ctx, brook.AcceptLetters())")
	}
	return b.String()
}

// Unwrap returns ErrRebuildRefused and the error that ended the rebuild.
func (e *RebuildRefusedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrRebuildRefused}
	}
	return []error{ErrRebuildRefused, e.Err}
}
