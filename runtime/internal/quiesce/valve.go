package quiesce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Valve is what all work of an app passes that the app does by itself: it can be shut for as long as
// somebody wants, and then nothing is under way. The zero Valve is open. It is safe for concurrent
// use.
//
// Its mutex guards all of it but closing, which is written while it is held and read without it.
// Nothing else is taken under it.
type Valve struct {
	closing atomic.Bool // it is shut, or is to be

	mu     sync.Mutex
	shut   bool          // until Open
	since  time.Time     // when it was shut or opened; zero: neither
	wanted int           // calls of Shut that wait
	asked  time.Time     // since when some do; zero: none
	round  int           // how often it was opened
	inside int           // what is under way
	idle   chan struct{} // closed when nothing is under way, or the valve is opened; nil: nobody waits
	opened chan struct{} // closed when the valve is opened; nil: nobody waits
}

// ErrOpened is returned by Shut if somebody opened the valve meanwhile.
var ErrOpened = errors.New("brook: resumed meanwhile")

// key is the key of the valve that the work of a context has passed.
type key struct{}

// Enter begins some work, which ends with Leave: at once, or when the valve is opened. The only
// error is that ctx ended. The context that it returns is that of the work: see Outside.
func (v *Valve) Enter(ctx context.Context) (context.Context, error) {
	if !v.EnterBefore(ctx.Done()) {
		return nil, ctx.Err()
	}
	return v.Within(ctx), nil
}

// Within returns the context of work that entered.
func (v *Valve) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, v)
}

// Outside calls wait, which waits between two tries of some work, outside of the valve that the work
// of ctx has passed: if it is shut meanwhile, the work waits until it is opened. The caller holds no
// lock. If Outside returns an error, which is that of wait or of ctx, the work goes on to its end.
func Outside(ctx context.Context, wait func() error) error {
	v, passed := ctx.Value(key{}).(*Valve)
	if !passed {
		return wait()
	}
	v.Leave()
	err := wait()
	if err == nil && !v.EnterBefore(ctx.Done()) {
		err = ctx.Err()
	}
	if err != nil {
		v.Join()
	}
	return err
}

// EnterBefore is Enter for work without a context. It returns false if done was closed before.
func (v *Valve) EnterBefore(done <-chan struct{}) bool {
	for {
		v.mu.Lock()
		if !v.shut && v.wanted == 0 {
			v.inside++
			v.mu.Unlock()
			return true
		}
		if v.opened == nil {
			v.opened = make(chan struct{})
		}
		opened := v.opened
		v.mu.Unlock()
		select {
		case <-opened:
		case <-done:
			return false
		}
	}
}

// Join begins more work that work under way leads to. It never waits.
func (v *Valve) Join() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.inside++
}

// Leave ends some work.
func (v *Valve) Leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.inside--
	if v.inside < 0 {
		panic("brook: more work ended than began")
	}
	if v.inside == 0 {
		v.wake(&v.idle)
	}
}

// Closing reports whether the valve is shut, or is to be.
func (v *Valve) Closing() bool { return v.closing.Load() }

// note notes whether the valve is shut, or is to be. The caller holds mu.
func (v *Valve) note() { v.closing.Store(v.shut || v.wanted > 0) }

// Shut shuts the valve and returns when nothing is under way any more: nothing begins until Open. It
// reports whether the valve was open before. If ctx ends first, the valve is as it was, and the
// error wraps that of ctx.
func (v *Valve) Shut(ctx context.Context) (first bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	round := v.round
	if v.wanted++; v.wanted == 1 && !v.shut {
		v.asked = time.Now()
	}
	v.note()
	defer func() {
		if v.wanted--; v.wanted == 0 {
			v.asked = time.Time{}
		}
		v.note()
		if !v.shut && v.wanted == 0 {
			v.wake(&v.opened)
		}
	}()
	for v.inside > 0 {
		if v.idle == nil {
			v.idle = make(chan struct{})
		}
		idle := v.idle
		v.mu.Unlock()
		select {
		case <-idle:
			v.mu.Lock()
		case <-ctx.Done():
			v.mu.Lock()
			if v.inside > 0 {
				return false, fmt.Errorf("waiting for what is under way: %w", ctx.Err())
			}
		}
		if v.round != round {
			return false, ErrOpened
		}
	}
	if first = !v.shut; first {
		v.shut, v.since = true, time.Now()
	}
	return first, nil
}

// Open opens the valve, and reports whether it was shut. Calls of Shut that wait return ErrOpened.
func (v *Valve) Open() (was bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if was = v.shut; was {
		v.shut, v.since = false, time.Now()
	}
	v.note()
	v.round++
	v.wake(&v.idle)
	if v.wanted == 0 {
		v.wake(&v.opened)
	}
	return was
}

// State returns whether the valve is shut, and since when it is or is not; zero: it never was shut.
func (v *Valve) State() (shut bool, since time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.shut, v.since
}

// Waits returns since when the valve is to be shut and is not, as something is under way; zero: it is
// not to be, or is.
func (v *Valve) Waits() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shut {
		return time.Time{}
	}
	return v.asked
}

// wake wakes who waits for a channel to be closed. The caller holds mu.
func (v *Valve) wake(waiting *chan struct{}) {
	if *waiting != nil {
		close(*waiting)
		*waiting = nil
	}
}
