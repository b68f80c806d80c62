package views

import (
	"slices"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/views/waiting"
	brook "github.com/brookgen/brookgen/runtime"
)

// BenchmarkFoldBesideWaiting folds what BenchmarkFoldWithoutHistory does, in a package that has
// timers, jobs and events that come too early besides: while nothing waits, and while a timer and an
// event that came too early do, of the partition that is folded.
func BenchmarkFoldBesideWaiting(b *testing.B) {
	hit := func(page, user string, bytes int64) brook.Outgoing {
		return brook.Emit(waiting.Hit{Page: page, User: user, Bytes: bytes})
	}
	b.Run("none", func(b *testing.B) {
		a, err := waiting.NewApp(config(1), waiting.Counter{}, waiting.Crawler{})
		fold(b, a, err, hit)
	})
	b.Run("some", func(b *testing.B) {
		a, err := waiting.NewApp(config(1), waiting.Counter{}, waiting.Crawler{})
		if err != nil {
			b.Fatal(err)
		}
		_, err = a.PublishAll(b.Context(), slices.Values([]brook.Outgoing{
			brook.Emit(waiting.Opened{Page: "x", Expires: time.Now().Add(time.Hour)}),
			brook.Emit(waiting.Linked{Page: "y"}), // is parked
		}))
		if err == nil {
			err = a.CatchUp(b.Context())
		}
		fold(b, a, err, hit)
	})
}
