package retry

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

var errStore = errors.New("the store is away")

// ended returns a context that ended for a cause, nil for none.
func ended(t *testing.T, cause error) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	return ctx
}

// The end of a context has one error: that of the app's end, or its own with its cause.
func TestEnding(t *testing.T) {
	if err := Ending(t.Context()); err != nil {
		t.Errorf("%v, before it ended", err)
	}
	if err := Ending(ended(t, nil)); err != context.Canceled {
		t.Errorf("%v, want the error of the context alone", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if err := Ending(late); err != context.DeadlineExceeded {
		t.Errorf("%v, want the deadline alone", err)
	}
	if err := Ending(ended(t,
		fmt.Errorf("end of it: %w", brook.ErrClosed))); err != brook.ErrClosed {
		t.Errorf("%v, want ErrClosed alone", err)
	}
	err := Ending(ended(t, errStore))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errStore) {
		t.Errorf("%v, want the end and its cause", err)
	}
}

// Who gave up learns why, how often it was tried, and what failed.
func TestGaveUp(t *testing.T) {
	timedOut := fmt.Errorf("commit: %w", context.DeadlineExceeded)
	cancelled := fmt.Errorf("commit: %w", context.Canceled)
	tests := []struct {
		name           string
		why, err, last error
		tries          int
		text           string
		wraps          []error
	}{
		{"the store failed", context.DeadlineExceeded, errStore, nil, 1,
			"read, tried once: context deadline exceeded; the last error: the store is away",
			[]error{context.DeadlineExceeded, errStore}},
		{"the store failed often", brook.ErrClosed, errStore, nil, 3,
			"read, tried 3 times: " + brook.ErrClosed.Error() +
				"; the last error: the store is away",
			[]error{brook.ErrClosed, errStore}},
		{"the only try had no time", context.DeadlineExceeded, timedOut, nil, 1,
			timedOut.Error(), []error{context.DeadlineExceeded}},
		{"the last try had no time", context.DeadlineExceeded, timedOut, errStore, 2,
			"read, tried 2 times: " + timedOut.Error() + "; the error before: the store is away",
			[]error{context.DeadlineExceeded, errStore}},
		{"the app closed in the only try", brook.ErrClosed, cancelled, nil, 1,
			"read: " + brook.ErrClosed.Error(), []error{brook.ErrClosed}},
		{"the app closed in a later try", brook.ErrClosed, cancelled, errStore, 2,
			"read, tried 2 times: " + brook.ErrClosed.Error() +
				"; the last error: the store is away",
			[]error{brook.ErrClosed, errStore}},
	}
	for _, test := range tests {
		err := GaveUp(test.why, "read", test.tries, test.err, test.last)
		if err.Error() != test.text {
			t.Errorf("%s: %q, want %q", test.name, err, test.text)
		}
		for _, wrapped := range test.wraps {
			if !errors.Is(err, wrapped) {
				t.Errorf("%s: %v does not wrap %v", test.name, err, wrapped)
			}
		}
		if test.why == brook.ErrClosed && errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v wraps the end of a context that did not end", test.name, err)
		}
	}
}
