package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// withDefaults returns a configuration with defaults for what was left out, and all that is wrong
// with it: each error wraps ErrConfig.
func withDefaults(c brook.Config) (brook.Config, error) {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{brook.ErrConfig}, args...)...))
	}
	if c.Author == "" {
		bad("Author is missing: the name of this service, as it stands in the events that it publishes")
	}
	if c.Driver == nil {
		bad("Driver is missing: for a start, memdriver.New()")
	}
	if c.Store == nil {
		bad("Store is missing: for a start, mapstore.New()")
	}
	oneOf(bad, "OnFailure", &c.OnFailure, brook.Wait, brook.GoOn, brook.Fail, brook.Stop)
	oneOf(bad, "OnStale", &c.OnStale, brook.RebuildStale, brook.Fail, brook.GoOn)
	oneOf(bad, "OnCodeChange", &c.OnCodeChange, brook.Tell, brook.RebuildStale, brook.GoOn)
	oneOf(bad, "OnRetention", &c.OnRetention, brook.Fail, brook.GoOn)
	if c.OnFailure == brook.Fail {
		c.OnFailure = brook.Stop
	}
	for _, n := range []struct {
		field    string
		value    *int
		standard int
	}{
		{"MaxDeadLetters", &c.MaxDeadLetters, 10_000},
		{"MaxOutbox", &c.MaxOutbox, 10_000},
		{"MaxParked", &c.MaxParked, 100_000},
		{"BatchSize", &c.BatchSize, 1000},
		{"Retry.Attempts", &c.Retry.Attempts, 5},
		{"Jobs.Attempts", &c.Jobs.Attempts, 25},
		{"Jobs.Workers", &c.Jobs.Workers, 16},
		{"Jobs.MaxWaiting", &c.Jobs.MaxWaiting, 100_000},
	} {
		if *n.value < 0 {
			bad("%s is %d, and can't be negative", n.field, *n.value)
		}
		if *n.value == 0 {
			*n.value = n.standard
		}
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Retry.Min", c.Retry.Min},
		{"Retry.Max", c.Retry.Max},
		{"Jobs.Min", c.Jobs.Min},
		{"Jobs.Max", c.Jobs.Max},
		{"ShutdownTimeout", c.ShutdownTimeout},
		{"Patience", c.Patience},
	} {
		if d.value < 0 {
			bad("%s is %s, and can't be negative", d.field, d.value)
		}
	}
	if c.DropRepeats < 0 {
		bad("DropRepeats is %d, and can't be negative", c.DropRepeats)
	}
	if c.Patience == 0 {
		c.Patience = 15 * time.Minute
	}
	if c.KeepReplaced == 0 {
		c.KeepReplaced = time.Hour
	}
	if c.ShutdownTimeout == 0 {
		c.ShutdownTimeout = 10 * time.Second
	}
	if c.Name == "" {
		c.Name = c.Author
	}
	if c.Topic == "" {
		c.Topic = c.Author
	}
	if c.Envelope == nil {
		c.Envelope = brook.CloudEvents{}
	}
	if err := text.Check(c.Name); err != nil && c.Name != c.Author {
		bad("Name is %.200q: %w", c.Name, err)
	}
	if err := text.Check(c.Author); err != nil {
		bad("Author is %.200q: %w", c.Author, err)
	} else if e, ok := c.Envelope.(brook.AuthorChecker); ok && c.Author != "" {
		if err := e.CheckAuthor(c.Author); err != nil {
			bad("Author: %w", err)
		}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Retry = retry.Defaults(c.Retry)
	if c.Jobs.Max > 0 && c.Jobs.Max < c.Jobs.Min {
		bad("Jobs.Max is %s, and Jobs.Min %s: the longest wait can't be the shorter one",
			c.Jobs.Max, c.Jobs.Min)
	}
	if c.Jobs.Max == 0 {
		c.Jobs.Max = max(time.Hour, c.Jobs.Min)
	}
	if c.Jobs.Min == 0 {
		c.Jobs.Min = min(time.Second, c.Jobs.Max)
	}
	return c, errors.Join(errs...)
}

// oneOf replaces a policy that was left out by the first of the choices. It calls bad for one that
// is none of them.
func oneOf[P ~string](bad func(format string, args ...any), field string, policy *P, choices ...P) {
	if *policy == "" {
		*policy = choices[0]
	}
	if !slices.Contains(choices, *policy) {
		bad("%s is %q, and can be one of %q", field, *policy, choices)
	}
}
