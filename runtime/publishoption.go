package brook

import (
	"errors"
	"time"
)

// PublishOption changes how one event is published: [WithID], [WithTime] or [WithHeader].
type PublishOption interface {
	// Apply sets the option. Generated code calls it.
	Apply(*Outbound)
}

type publishOption func(*Outbound)

// Apply sets the option.
func (o publishOption) Apply(out *Outbound) { o(out) }

// WithID publishes the event with an ID of the caller's, so that a receiver can recognize a repeat.
// The default is an ID that is unique in the world. Publishing returns an error if id is empty, is
// no UTF-8, or has control characters.
func WithID(id string) PublishOption {
	return publishOption(func(o *Outbound) {
		if o.Message.ID = id; id == "" && o.Err == nil {
			o.Err = errors.New("brook: publish: WithID: the ID is empty")
		}
	})
}

// WithTime publishes the event as made at t. The default, also for the zero time, is now.
// Publishing returns an error for a year outside of 0 to 9999.
func WithTime(t time.Time) PublishOption {
	return publishOption(func(o *Outbound) { o.Message.Time = t.UTC() })
}

// WithHeader adds a header to the event. It keeps value, which must not be changed until the event
// is published. Publishing returns an error for a header that the envelope uses itself, and with
// [CloudEvents] for an attribute (ce_…) that the specification rules out.
func WithHeader(key string, value []byte) PublishOption {
	return publishOption(func(o *Outbound) {
		o.Message.Headers = append(o.Message.Headers, Header{key, value})
	})
}
