// Package operation reports the beginning and the end of what an app does to the hooks that the
// user wants to be called: events, sets, emissions, commits and so on, each a brook.Operation.
//
// Every part that runs an app uses it, from any goroutine. An Observer never changes and has no
// lock. An app without such hooks has a nil Observer, which does nothing: callers that would have
// to prepare anything for it look whether it is nil first.
package operation

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Observer calls Hooks.Begin, Hooks.End and Hooks.Trace of one app.
type Observer struct {
	begin func(context.Context, *brook.Operation) context.Context
	end   func(context.Context, *brook.Operation)
	trace func(context.Context) []brook.Header
}

// New returns the observer of an app, nil if its hooks see no operations.
func New(h *brook.Hooks) *Observer {
	if h.Begin == nil && h.End == nil && h.Trace == nil {
		return nil
	}
	return &Observer{h.Begin, h.End, h.Trace}
}

// Begin begins an operation, and returns the context that it goes on with. o must not be nil.
func (o *Observer) Begin(ctx context.Context, op *brook.Operation) context.Context {
	op.Start = time.Now()
	if o.begin == nil {
		return ctx
	}
	if own := o.begin(ctx, op); own != nil {
		return own
	}
	return ctx
}

// End ends an operation, with the context that Begin returned. o must not be nil.
func (o *Observer) End(
	ctx context.Context, op *brook.Operation, outcome brook.Outcome, err error,
) {
	if o.end == nil {
		return
	}
	op.Duration = time.Since(op.Start)
	op.Outcome, op.Err = outcome, err
	o.end(ctx, op)
}

// Trace returns the headers of what an operation causes; nil: they are those of its cause.
func (o *Observer) Trace(ctx context.Context) []brook.Header {
	if o == nil || o.trace == nil || ctx == nil {
		return nil
	}
	return o.trace(ctx)
}

// errExited is the error of an operation that panicked, or ended its goroutine.
var errExited = errors.New("it did not return")

// Do does something as an operation, and returns its error. A nil observer only does it.
func (o *Observer) Do(
	ctx context.Context, op brook.Operation, do func(context.Context) error,
) error {
	if o == nil {
		return do(ctx)
	}
	return o.do(ctx, op, do)
}

// do is Do for an observer that is not nil: the operation is allocated here, and not before.
func (o *Observer) do(
	ctx context.Context, op brook.Operation, do func(context.Context) error,
) error {
	within := o.Begin(ctx, &op)
	err := errExited
	defer func() { o.End(within, &op, OutcomeOf(ctx, err), err) }()
	err = do(within)
	return err
}

// OutcomeOf returns the outcome of what returned err: canceled if its context ended.
func OutcomeOf(ctx context.Context, err error) brook.Outcome {
	switch {
	case err == nil:
		return brook.OutcomeDone
	case ctx.Err() != nil:
		return brook.OutcomeCanceled
	}
	return brook.OutcomeFailed
}

// Commit commits a batch to a store as an operation. events is how many events are in it, and
// replay says that it is of a rebuild. A nil observer only commits.
func (o *Observer) Commit(
	ctx context.Context, store brook.Store, batch *brook.Batch, events int, replay bool,
) error {
	if o == nil {
		return store.Commit(ctx, batch)
	}
	op := brook.Operation{Kind: brook.OperationCommit, Events: events, Replay: replay}
	return o.do(ctx, op, func(ctx context.Context) error { return store.Commit(ctx, batch) })
}

// Publish does what publishes records as an operation. called says that somebody who called a method
// of the app waits for it. A nil observer only does it.
func (o *Observer) Publish(
	ctx context.Context, records []brook.Record, called bool, do func(context.Context) error,
) error {
	if o == nil {
		return do(ctx)
	}
	op := brook.Operation{
		Kind: brook.OperationPublish, Records: records, Events: len(records), Called: called,
	}
	op.Topic = records[0].Topic
	for i := range records {
		if records[i].Topic != op.Topic {
			op.Topic = ""
			break
		}
	}
	return o.do(ctx, op, do)
}
