package brookotel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	brook "github.com/brookgen/brookgen/runtime"
)

// The attributes that no convention has a name for.
const (
	app       = attribute.Key("brook.app")        // Config.Name
	eventType = attribute.Key("brook.event.type") // as the code names it; other for all it does not know
	set       = attribute.Key("brook.set")        // a handler set
	handler   = attribute.Key("brook.handler")    // Type.Method
	outcome   = attribute.Key("brook.outcome")    // a brook.Outcome
	jobType   = attribute.Key("brook.job.type")
	jobID     = attribute.Key("brook.job.id")
	attempt   = attribute.Key("brook.attempt") // from 1
	stage     = attribute.Key("brook.stage")   // of a dead letter
	what      = attribute.Key("brook.failure") // what failed, one of a few words
	final     = attribute.Key("brook.final")   // whether it is given up
	state     = attribute.Key("brook.state")   // a brook.State
)

// other stands for all that is not known beforehand: without it, metrics would have an attribute
// for whatever is in the log.
const other = "_OTHER"

// errorKinds are the errors that error.type distinguishes.
var errorKinds = []struct {
	err  error
	name string
}{
	{brook.ErrUnique, "unique"},
	{brook.ErrTooLarge, "too_large"},
	{brook.ErrUnreadable, "unreadable"},
	{brook.ErrConflict, "conflict"},
	{brook.ErrRetry, "retry"},
	{brook.ErrNotFound, "not_found"},
	{brook.ErrRebuildRefused, "rebuild_refused"},
	{brook.ErrRetention, "retention"},
	{brook.ErrClosed, "closed"},
	{context.Canceled, "canceled"},
	{context.DeadlineExceeded, "timeout"},
	{brook.ErrPermanent, "permanent"},
}

// errorType returns the attribute error.type of an error, of a closed set.
func errorType(err error) attribute.KeyValue { return semconv.ErrorTypeKey.String(errorName(err)) }

func errorName(err error) string {
	if errors.As(err, new(*brook.PanicError)) {
		return "panic"
	}
	for _, k := range errorKinds {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return other
}
