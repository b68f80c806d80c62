package brook

import (
	"context"
	"time"
)

// Operation is something that an app does, from its beginning to its end, as Hooks.Begin and
// Hooks.End see it. What a field is of depends on the kind. An Operation is used again for the next
// one: a hook must not keep it, and must not change it.
type Operation struct {
	Kind OperationKind
	// Position is where the event is in the log: the event itself, or the one that asked for the
	// job or effect, or that emits. It is zero for an event that is in no log: one of Process, or
	// one that is not published yet. Once an event is published alone, its position is known at the
	// end.
	Position Position
	// ID, Type and Author are those of the event; of a job, its ID and type. The type of an event
	// may be any text unless Known is set.
	ID, Type, Author string
	// Known reports whether the package has the type.
	Known bool
	// Headers are those of the event, or what the job or effect carries of the event that asked for
	// it: the trace that it belongs to. Sets have none: they are within the event. The headers share
	// their bytes with the log.
	Headers []Header
	// Set is the handler set that runs, emits, or asked for the job or effect.
	Set string
	// Handler is the method that runs, as Type.Method: of a set, or a worker.
	Handler string
	// Topic is where the event is published. It is "" if Records are for several topics.
	Topic string
	// Attempt counts the tries of an event or job, from 1. It is 0 for other kinds.
	Attempt int
	// Events is how many events are published or committed together.
	Events int
	// Records are what is published together; nil for an event that is published alone.
	Records []Record
	// Replay reports whether the app only looks: in a rebuild, or if the event was acted on before.
	// Nothing is published then, and no job or effect is asked for.
	Replay bool
	// Called reports whether somebody waits for it who called a method of the app: then the context
	// is the caller's, else that of Run.
	Called bool

	Start    time.Time
	Duration time.Duration // known at the end, as are the next two
	Outcome  Outcome
	Err      error // why the outcome is no success
}

// OperationKind is what an [Operation] is.
type OperationKind string

// The kinds of operations.
const (
	// OperationEvent is an event on its way through the handler sets, once its envelope is open. It
	// ends before its commit, and begins anew if the commit is refused: Hooks.Commit counts what is
	// stored. Records that are passed over unopened are none: tombstones that no handler takes, and
	// what was dropped for all sets.
	OperationEvent OperationKind = "event"
	// OperationSet is one handler set, within an OperationEvent. Its context is the one that the
	// handler receives. Sets for which the event waits behind another one are not run.
	OperationSet OperationKind = "set"
	// OperationEmit is the making of a record, which is published later: what a handler or a worker
	// emits, the event of a timer, an event of PublishAll.
	OperationEmit OperationKind = "emit"
	// OperationPublish is a call of the driver, with one event or many.
	OperationPublish OperationKind = "publish"
	// OperationCommit is a call of the store that stores what became of events, jobs or emissions,
	// each try of it.
	OperationCommit OperationKind = "commit"
	// OperationEffect is one try of an [Effect].
	OperationEffect OperationKind = "effect"
	// OperationJob is one try of a job.
	OperationJob OperationKind = "job"
	// OperationRebuild is a rebuild, until it is promoted or ends otherwise.
	OperationRebuild OperationKind = "rebuild"
)

// Outcome is what an [Operation] came to.
type Outcome string

// The outcomes of operations. Done, failed, retry and canceled are of all kinds.
const (
	// OutcomeDone says that it was done. Of an event: by all sets that it has.
	OutcomeDone Outcome = "done"
	// OutcomeFailed says that it failed, and is not tried again by itself: an event became a dead
	// letter, in one set at least, or ended Run; a job became a dead letter; an effect is given up.
	OutcomeFailed Outcome = "failed"
	// OutcomeRetry says that it failed, and is tried again.
	OutcomeRetry Outcome = "retry"
	// OutcomeCanceled says that its context ended first: it has no outcome.
	OutcomeCanceled Outcome = "canceled"

	// OutcomeDiscarded says that the event is ignored on purpose.
	OutcomeDiscarded Outcome = "discarded"
	// OutcomeUnknown says that the package has no such event type.
	OutcomeUnknown Outcome = "unknown"
	// OutcomeRepeat says that the event was folded before.
	OutcomeRepeat Outcome = "repeat"
	// OutcomeLapsed says that the timer of the event was cancelled, set anew or folded before.
	OutcomeLapsed Outcome = "lapsed"
	// OutcomeWaiting says that the event waits behind a dead letter, for one set at least.
	OutcomeWaiting Outcome = "waiting"
	// OutcomeParked says that the event came too early ([Early]), or waits behind such an event.
	OutcomeParked Outcome = "parked"
	// OutcomeStray says that the event was undone, to be run alone.
	OutcomeStray Outcome = "stray"
	// OutcomeUnavailable says that the store did not answer, and the event is tried again.
	OutcomeUnavailable Outcome = "unavailable"
)

// JoinHooks returns hooks that call those of all hooks, in this order, and End in the reverse one.
// Of each hook that has Begin, End and Trace receive the context that its own Begin returned.
func JoinHooks(hooks ...Hooks) Hooks {
	joined := Hooks{}
	for i, h := range hooks {
		if i == 0 {
			joined = h
			continue
		}
		joined.join(h)
	}
	return joined
}

// join makes h call the functions of next after its own.
func (h *Hooks) join(next Hooks) {
	both(&h.Lag, next.Lag)
	both(&h.Mode, next.Mode)
	both(&h.Assigned, next.Assigned)
	both(&h.Commit, next.Commit)
	both(&h.DeadLetter, next.DeadLetter)
	both(&h.Stray, next.Stray)
	both(&h.Failure, next.Failure)
	both(&h.Index, next.Index)
	both(&h.RebuildProgress, next.RebuildProgress)
	both(&h.Rebuilt, next.Rebuilt)
	if first := h.Unknown; first == nil {
		h.Unknown = next.Unknown
	} else if next.Unknown != nil {
		h.Unknown = func(p Position, typ string) { first(p, typ); next.Unknown(p, typ) }
	}
	if first := h.Rebuild; first == nil {
		h.Rebuild = next.Rebuild
	} else if next.Rebuild != nil {
		h.Rebuild = func(done bool, err error) { first(done, err); next.Rebuild(done, err) }
	}
	h.joinOperations(next)
}

// both makes f call next after itself.
func both[T any](f *func(T), next func(T)) {
	first := *f
	switch {
	case first == nil:
		*f = next
	case next != nil:
		*f = func(v T) { first(v); next(v) }
	}
}

// joinOperations joins Begin, End and Trace.
func (h *Hooks) joinOperations(next Hooks) {
	first := *h
	if !next.observes() {
		return
	}
	if !first.observes() {
		h.Begin, h.End, h.Trace = next.Begin, next.End, next.Trace
		return
	}
	key := new(int) // of the contexts of the first one, distinct from those of other joined hooks
	h.Begin = func(ctx context.Context, op *Operation) context.Context {
		own := began(first.Begin, ctx, op)
		return &joinedContext{began(next.Begin, own, op), key, own}
	}
	h.End = func(ctx context.Context, op *Operation) {
		if next.End != nil {
			next.End(ctx, op)
		}
		if first.End != nil {
			first.End(ownContext(ctx, key), op)
		}
	}
	h.Trace = func(ctx context.Context) (headers []Header) {
		if first.Trace != nil {
			headers = first.Trace(ownContext(ctx, key))
		}
		if next.Trace != nil {
			headers = append(headers, next.Trace(ctx)...)
		}
		return headers
	}
}

// observes reports whether h has one of Begin, End and Trace.
func (h *Hooks) observes() bool { return h.Begin != nil || h.End != nil || h.Trace != nil }

// began calls a Begin, and returns the context to go on with.
func began(
	begin func(context.Context, *Operation) context.Context, ctx context.Context, op *Operation,
) context.Context {
	if begin == nil {
		return ctx
	}
	if own := begin(ctx, op); own != nil {
		return own
	}
	return ctx
}

// joinedContext is the context of the second of two joined hooks, and knows that of the first.
type joinedContext struct {
	context.Context
	key *int // of the joined hooks
	own context.Context
}

// Value returns the context of the first hook for the key of the joined hooks.
func (c *joinedContext) Value(key any) any {
	if key == c.key {
		return c.own
	}
	return c.Context.Value(key)
}

// ownContext returns the context of the first of two joined hooks.
func ownContext(ctx context.Context, key *int) context.Context {
	if own, ok := ctx.Value(key).(context.Context); ok {
		return own
	}
	return ctx
}
