package brook

import (
	"errors"
	"time"
)

// PublishOption changes how one event is published.
type PublishOption interface{ Apply(*Outbound) }

type publishOption func(*Outbound)

// Apply sets the option.
func (o publishOption) Apply(out *Outbound) { o(out) }

// WithID publishes the event under an ID of the caller's, so that a receiver can tell a
// repeat. The default is an ID that is unique in the world. One that is empty, or has control characters, is refused at publishing.
func WithID(id string) PublishOption {
	return publishOption(func(o *Outbound) {
		if o.Message.ID = id; id == "" && o.Err == nil {
			o.Err = errors.New("brook: publish: WithID: the ID is empty")
		}
	})
}

// WithTime publishes the event as made at t. The default, also for the zero time, is now. Years outside of 0 to 9999 are refused at
// publishing.
func WithTime(t time.Time) PublishOption {
	return publishOption(func(o *Outbound) { o.Message.Time = t.UTC() })
}

// WithHeader adds a header. Those that the envelope uses itself, and in CloudEvents attributes (ce_…) that the specification rules out, are
// refused at publishing.
func WithHeader(key string, value []byte) PublishOption {
	return publishOption(func(o *Outbound) { o.Message.Headers = append(o.Message.Headers, Header{key, value}) })
}
