package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells a terminal how far it is.
type progress struct {
	to         io.Writer // nil: nobody looks
	start      time.Time
	next       time.Time // when to tell again
	deliveries int
	bytes      int64
	shown      bool
}

func newProgress(to io.Writer) *progress {
	now := time.Now()
	return &progress{to: to, start: now, next: now.Add(200 * time.Millisecond)}
}

// add counts a delivery of n bytes.
func (p *progress) add(n int) {
	p.deliveries++
	p.bytes += int64(n)
	if p.to == nil || p.deliveries&63 != 0 {
		return
	}
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(200 * time.Millisecond)
		p.shown = true
		seconds := now.Sub(p.start).Seconds()
		fmt.Fprintf(p.to, "\r\x1b[K%d deliveries, %d MB, %.0f/s", p.deliveries, p.bytes>>20,
			float64(p.deliveries)/seconds)
	}
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = false
	}
}
