package kafkadriver

import (
	"time"

	"github.com/IBM/sarama"
)

// sarama keeps a connection to itself while a quota makes it wait, and nothing can end that, not even Close. Where a broker wants a longer wait than
// this, the driver waits instead, and goes on over a new connection.
const (
	briefly = 100 * time.Millisecond
	longest = 10 * time.Second // a broker that wants more will say so again
)

// throttled gives how long a broker wants its client to be silent after a response.
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

// quiet waits as long as the broker wanted after the last response, or until the link's connections end.
func (l *link) quiet() {
	l.mu.Lock()
	wait := time.Until(l.silent)
	l.mu.Unlock()
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.config.Net.Proxy.Dialer.(dialer).ctx.Done():
	}
}

// heed notes how long the broker wants silence after a response.
func (l *link) heed(b *sarama.Broker, response any) {
	wait := throttled(response)
	if wait <= briefly {
		return
	}
	l.mu.Lock()
	l.silent = time.Now().Add(min(wait, longest))
	l.mu.Unlock()
	l.drop(b)
}
