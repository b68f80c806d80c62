package holds_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/brookgen/brookgen/runtime/internal/holds"
)

// A generation that is read is not removed, and one that is removed is not read.
func TestPins(t *testing.T) {
	n := new(holds.Holds).Name("x")
	p := n.PinsOf(3)
	if n.PinsOf(3) != p || n.PinsOf(4) == p {
		t.Error("pins are not those of their generation")
	}
	for range 2 {
		if !p.Pin() {
			t.Fatal("it can't be read")
		}
	}
	if p.Release() {
		t.Error("it is removed while it is read")
	}
	if p.Unpin() {
		t.Error("the last read but one is the last")
	}
	if p.Release() {
		t.Error("it is removed while it is read")
	}
	if !p.Unpin() {
		t.Error("the last read is not")
	}
	for range 3 {
		if !p.Release() {
			t.Error("it is not removed")
		}
		if p.Pin() {
			t.Error("it is read while it is removed")
		}
	}
}

// No read is under way once Release reported so, whoever comes at the same time.
func TestPinsConcurrently(t *testing.T) {
	for range 50 {
		var p holds.Pins
		var removed atomic.Bool
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for p.Pin() {
					if removed.Load() {
						t.Error("it is read after it was removed")
					}
					p.Unpin()
				}
			})
		}
		for !p.Release() {
			continue
		}
		removed.Store(true)
		readers.Wait()
	}
}

// Pins of two generations share no cache line.
func TestPinsSize(t *testing.T) {
	if n := unsafe.Sizeof(holds.Pins{}); n < 128 {
		t.Errorf("pins take %d bytes", n)
	}
}
