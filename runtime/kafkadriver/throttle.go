package kafkadriver

import (
	"time"

	"github.com/IBM/sarama"
)

// While a quota throttles a connection, sarama blocks it, and nothing can end that, not even Close.
// If a broker asks for a longer wait than shortThrottle, the driver waits itself, and continues
// over a new connection.
const (
	shortThrottle   = 100 * time.Millisecond
	longestThrottle = 10 * time.Second // a broker that wants more repeats it
)

// throttled returns how long a broker wants its client to be silent after a response.
func throttled(response any) time.Duration {
	ms := func(n int32) time.Duration { return time.Duration(n) * time.Millisecond }
	switch r := response.(type) {
	case *sarama.MetadataResponse:
		return ms(r.ThrottleTimeMs)
	case *sarama.FetchResponse:
		return r.ThrottleTime
	case *sarama.ProduceResponse:
		return r.ThrottleTime
	case *sarama.OffsetResponse:
		return ms(r.ThrottleTimeMs)
	case *sarama.InitProducerIDResponse:
		return r.ThrottleTime
	case *sarama.CreateTopicsResponse:
		return r.ThrottleTime
	case *sarama.FindCoordinatorResponse:
		return r.ThrottleTime
	case *sarama.JoinGroupResponse:
		return ms(r.ThrottleTime)
	case *sarama.SyncGroupResponse:
		return ms(r.ThrottleTime)
	case *sarama.HeartbeatResponse:
		return ms(r.ThrottleTime)
	case *sarama.OffsetCommitResponse:
		return ms(r.ThrottleTimeMs)
	case *sarama.OffsetFetchResponse:
		return ms(r.ThrottleTimeMs)
	}
	return 0
}

// awaitThrottle waits until the broker accepts requests again, or until the
// connection's context ends.
func (c *conn) awaitThrottle() {
	c.mu.Lock()
	wait := time.Until(c.throttledUntil)
	c.mu.Unlock()
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.config.Net.Proxy.Dialer.(interface{ done() <-chan struct{} }).done():
	}
}

// noteThrottle stores how long the broker wants silence after a response.
func (c *conn) noteThrottle(b *sarama.Broker, response any) {
	wait := throttled(response)
	if wait <= shortThrottle {
		return
	}
	c.mu.Lock()
	c.throttledUntil = time.Now().Add(min(wait, longestThrottle))
	c.mu.Unlock()
	c.discard(b)
}
