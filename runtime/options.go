package brook

import "time"

// PublishOption changes how one event is published.
type PublishOption interface{ apply(*Outbound) }

type publishOption func(*Outbound)

func (o publishOption) apply(out *Outbound) { o(out) }

// WithID publishes the event under an ID of the caller's, so that a receiver can tell a
// repeat. The default is an ID that is unique in the world.
func WithID(id string) PublishOption { return publishOption(func(o *Outbound) { o.message.ID = id }) }

// WithTime publishes the event as made at t. The default is now.
func WithTime(t time.Time) PublishOption {
	return publishOption(func(o *Outbound) { o.message.Time = t.UTC() })
}

// WithHeader adds a header. Those that the envelope uses itself are refused at publishing.
func WithHeader(key string, value []byte) PublishOption {
	return publishOption(func(o *Outbound) { o.message.Headers = append(o.message.Headers, Header{key, value}) })
}
