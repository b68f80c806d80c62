package quiesce

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func enter(ctx context.Context, v *Valve) error {
	_, err := v.Enter(ctx)
	return err
}

// shutFirst shuts a valve that is open.
func shutFirst(ctx context.Context, v *Valve) error {
	first, err := v.Shut(ctx)
	if err == nil && !first {
		return errors.New("it was shut before")
	}
	return err
}

// Shut waits for what is under way, and nothing begins until Open.
func TestValve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Valve
		if err := enter(t.Context(), &v); err != nil || v.Closing() {
			t.Fatal(err)
		}
		v.Join()
		shut := make(chan error, 2)
		go func() { shut <- shutFirst(t.Context(), &v) }()
		synctest.Wait()
		entered := make(chan error, 1)
		go func() { entered <- enter(t.Context(), &v) }()
		v.Leave()
		synctest.Wait()
		if len(shut) > 0 || !v.Closing() {
			t.Fatal("it is shut while work is under way")
		}
		v.Join() // what is under way may lead to more
		v.Leave()
		v.Leave()
		synctest.Wait()
		if len(shut) != 1 || <-shut != nil || len(entered) > 0 {
			t.Fatal("it is not shut")
		}
		if first, err := v.Shut(t.Context()); first || err != nil {
			t.Errorf("shut again: %t, %v", first, err)
		}
		time.Sleep(time.Second)
		if shut, since := v.State(); !shut || time.Since(since) != time.Second {
			t.Errorf("shut %t since %s", shut, since)
		}
		if !v.Open() || v.Open() {
			t.Error("it is opened twice")
		}
		if shut, since := v.State(); shut || time.Since(since) != 0 {
			t.Errorf("shut %t since %s", shut, since)
		}
		synctest.Wait()
		if len(entered) != 1 || <-entered != nil || v.Closing() {
			t.Fatal("it is not open")
		}
		v.Leave()
		if err := enter(t.Context(), &v); err != nil {
			t.Error(err)
		}
	})
}

// A context that ends leaves the valve as it was, and who waits for it goes on.
func TestValveContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Valve
		_ = enter(t.Context(), &v)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		entered := make(chan error, 1)
		go func() {
			time.Sleep(time.Millisecond)
			entered <- enter(t.Context(), &v)
		}()
		if err := shutFirst(ctx, &v); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shut: %v", err)
		}
		synctest.Wait()
		if len(entered) != 1 || v.Closing() {
			t.Error("it stayed shut")
		}
		if err := shutFirst(ctx, &v); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shut with a context that ended: %v", err)
		}
		v.Leave()
		v.Leave()
		if err := shutFirst(t.Context(), &v); err != nil {
			t.Fatal(err)
		}
		if err := enter(ctx, &v); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Enter: %v", err)
		}
		if !v.Closing() {
			t.Error("a call that ended opened it")
		}
	})
}

// Of several calls that shut it, one that gives up does not open it for the others.
func TestValveShutByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Valve
		_ = enter(t.Context(), &v)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		gaveUp, shut := make(chan error, 1), make(chan error, 1)
		go func() { gaveUp <- shutFirst(short, &v) }()
		go func() { shut <- shutFirst(t.Context(), &v) }()
		time.Sleep(2 * time.Second)
		if err := <-gaveUp; !errors.Is(err, context.DeadlineExceeded) || !v.Closing() {
			t.Errorf("%v, closing %t", err, v.Closing())
		}
		v.Leave()
		if err := <-shut; err != nil {
			t.Error(err)
		}
	})
}

// Who opens it while others wait for it to be shut ends their wait.
func TestValveOpenedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Valve
		_ = enter(t.Context(), &v)
		shut := make(chan error, 1)
		go func() { shut <- shutFirst(t.Context(), &v) }()
		synctest.Wait()
		v.Open()
		if err := <-shut; !errors.Is(err, ErrOpened) {
			t.Errorf("Shut: %v", err)
		}
		if err := enter(t.Context(), &v); err != nil || v.Closing() {
			t.Errorf("Enter: %v", err)
		}
	})
}

// Whatever is shut and opened while work comes and goes: nothing is under way while it is shut.
func TestValveUnderLoad(t *testing.T) {
	var v Valve
	var work sync.WaitGroup
	var mu sync.Mutex
	running, done := 0, make(chan struct{})
	for range 4 {
		work.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if enter(t.Context(), &v) != nil {
					return
				}
				mu.Lock()
				running++
				mu.Unlock()
				mu.Lock()
				running--
				mu.Unlock()
				v.Leave()
			}
		})
	}
	for range 200 {
		if err := shutFirst(t.Context(), &v); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		if running != 0 {
			t.Errorf("%d are under way", running)
		}
		mu.Unlock()
		v.Open()
	}
	close(done)
	work.Wait()
}

// Work that waits between two tries is outside: the valve can be shut meanwhile, and the work waits
// until it is opened.
func TestOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Valve
		ctx, err := v.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		wait := func() error { time.Sleep(time.Second); return nil }
		go func() { ended <- Outside(ctx, wait) }()
		synctest.Wait()
		if err := shutFirst(t.Context(), &v); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if len(ended) > 0 {
			t.Fatal("it goes on while the valve is shut")
		}
		v.Open()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		v.Leave()

		// What waits no longer goes on to its end, and is counted.
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if ctx, err = v.Enter(short); err != nil {
			t.Fatal(err)
		}
		go func() { ended <- Outside(ctx, wait) }()
		synctest.Wait()
		if err := shutFirst(t.Context(), &v); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		v.Leave()
		broken := errors.New("broken")
		v.Open()
		if ctx, err = v.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := Outside(ctx, func() error { return broken }); err != broken {
			t.Error(err)
		}
		v.Leave()
		if err := Outside(t.Context(), func() error { return broken }); err != broken {
			t.Errorf("without a valve: %v", err)
		}
	})
}
