package kafkadriver

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Who comes first gets in first, who goes away makes way, and who is larger than the
// room gets all of it.
func TestByteLimiter(t *testing.T) {
	l := newByteLimiter(100)
	closed := make(chan struct{})
	enter := func(ctx context.Context, bytes int64) <-chan error {
		before := l.waiters()
		in := make(chan error, 1)
		go func() {
			_, err := l.acquire(ctx, closed, bytes)
			in <- err
		}()
		// it has come in by then, or it waits
		for deadline := time.Now().Add(time.Minute); l.waiters() == before; {
			select {
			case err := <-in:
				in <- err
				return in
			default:
			}
			if time.Now().After(deadline) {
				t.Fatal("nobody came")
			}
		}
		return in
	}
	waits := func(who string, in <-chan error) {
		t.Helper()
		select {
		case err := <-in:
			t.Errorf("%s does not wait: %v", who, err)
		default:
		}
	}
	got := func(who string, in <-chan error, want error) {
		t.Helper()
		select {
		case err := <-in:
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", who, err, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s still waits", who)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	got("the first", enter(t.Context(), 60), nil)
	got("what fits beside it", enter(t.Context(), 40), nil)
	large := enter(ctx, 5000)
	small := enter(t.Context(), 1)
	waits("the large one", large)
	waits("the small one, behind the large one", small)
	l.release(60)
	waits("the large one, with half a room", large)
	waits("the small one, behind the large one", small)
	cancel()
	got("the large one, gone", large, context.Canceled)
	got("the small one", small, nil)
	large = enter(t.Context(), 5000)
	l.release(40)
	waits("the large one", large)
	l.release(1)
	got("the large one, alone", large, nil)
	last := enter(t.Context(), 1)
	waits("one more", last)
	close(closed)
	got("one more, when all is closed", last, ErrClosed)
	l.release(100)
	if l.free != 100 || len(l.waiting) != 0 {
		t.Errorf("in the end %d are free, and %d wait", l.free, len(l.waiting))
	}
}

func (l *byteLimiter) waiters() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}
