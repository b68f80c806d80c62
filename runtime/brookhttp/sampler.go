package brookhttp

import (
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

const (
	sampleEvery = 5 * time.Second
	mostSamples = 360 // half an hour
	rateSamples = 12  // how many a rate is the mean of: a minute
)

// Sample is the status of an app at an instant, in figures.
type sample struct {
	Time    time.Time `json:"time"`
	Lag     int64     `json:"lag"`
	Behind  float64   `json:"behind_seconds"`
	Rate    float64   `json:"events_per_second"` // since the sample before
	Letters int       `json:"letters"`
	Waiting int       `json:"waiting"` // jobs, timers, parked events and emissions
}

// sampler keeps what the status of an app was every few seconds, in a bounded ring. It takes its
// samples by a timer, which it lets rest while the app is stopped and nobody asks.
type sampler struct {
	app  App
	now  func() time.Time
	mu   sync.Mutex
	ring []sample // the oldest first
	// offsets is how far the partitions were at the last sample.
	offsets map[partition]int64
	tallies []tally // of the last minute, the oldest first
	timer   *time.Timer
	rests   bool
	closed  bool
	taking  sync.WaitGroup
}

// tally is how many events each handler got until a time.
type tally struct {
	at       time.Time
	handlers []int64
}

type partition struct {
	topic  string
	number int32
}

func newSampler(app App, now func() time.Time) *sampler {
	s := &sampler{app: app, now: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take()
	s.timer = time.AfterFunc(sampleEvery, s.turn)
	return s
}

// turn takes a sample and arms the timer again.
func (s *sampler) turn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.taking.Add(1)
	defer s.taking.Done()
	if s.take() == brook.StateStopped {
		s.rests = true
		return
	}
	s.timer.Reset(sampleEvery)
}

// wake goes on after a rest.
func (s *sampler) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rests && !s.closed {
		s.rests = false
		s.timer.Reset(sampleEvery)
	}
}

// close ends the taking of samples.
func (s *sampler) close() {
	s.mu.Lock()
	s.closed = true
	s.timer.Stop()
	s.mu.Unlock()
	s.taking.Wait()
}

// take adds a sample. The caller holds the lock.
func (s *sampler) take() brook.State {
	status, now := s.app.Status(), s.now()
	x := sample{Time: now, Lag: status.Lag(), Behind: status.Behind().Seconds(),
		Letters: status.Letters,
		Waiting: status.Jobs + status.Parked + status.Outbox + max(0, status.Timers)}
	offsets := make(map[partition]int64, len(status.Partitions))
	dealt := int64(0)
	for i := range status.Partitions {
		p := &status.Partitions[i]
		at := partition{p.Topic, p.Partition}
		offsets[at] = p.Next
		// A partition that was not here at the last sample has moved elsewhere till then, and one
		// that goes back is folded anew.
		if before, ok := s.offsets[at]; ok {
			dealt += max(0, p.Next-before)
		}
	}
	if n := len(s.ring); n > 0 {
		if took := now.Sub(s.ring[n-1].Time).Seconds(); took > 0 {
			x.Rate = float64(dealt) / took
		}
	}
	s.offsets = offsets
	if len(s.ring) == mostSamples {
		s.ring = append(s.ring[:0], s.ring[1:]...)
	}
	s.ring = append(s.ring, x)
	s.tally(now)
	return status.State
}

// tally adds what the handlers got. The caller holds the lock.
func (s *sampler) tally(now time.Time) {
	t := tally{at: now}
	for _, h := range s.app.Inspect().Counts().Handlers {
		t.handlers = append(t.handlers, h.Taken+h.Failed)
	}
	if len(s.tallies) > rateSamples {
		s.tallies = append(s.tallies[:0], s.tallies[1:]...)
	}
	s.tallies = append(s.tallies, t)
}

// rates returns how many events each handler got in a second, as the mean of the last minute.
func (s *sampler) rates() []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, last := s.tallies[0], s.tallies[len(s.tallies)-1]
	rates := make([]float64, len(last.handlers))
	took := last.at.Sub(first.at).Seconds()
	for i := range rates {
		if took > 0 && i < len(first.handlers) {
			rates[i] = float64(last.handlers[i]-first.handlers[i]) / took
		}
	}
	return rates
}

// history returns the samples, the oldest first.
func (s *sampler) history() []sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sample(nil), s.ring...)
}

// rate returns how many events were dealt with in a second, as the mean of the last minute.
func rate(history []sample) float64 {
	last := history[max(0, len(history)-rateSamples):]
	sum := 0.0
	for _, x := range last {
		sum += x.Rate
	}
	if len(last) == 0 {
		return 0
	}
	return sum / float64(len(last))
}
