package rebuild

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// A rebuild that takes long reports how far it has come, to the hook each second and to the log
// each ten.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []brook.RebuildProgress
		r := newRig(t, func(c *brook.Config) {
			c.BatchSize = 1
			c.Hooks.RebuildProgress = func(p brook.RebuildProgress) { all = append(all, p) }
		})
		r.Publish("a", "b", "c", "d")
		r.Follow()
		for text, takes := range map[string]time.Duration{
			"a": 100 * time.Millisecond, "b": 3 * time.Second, "c": time.Millisecond, "d": 9 * time.Second,
		} {
			r.Handling["S "+text] = func() { time.Sleep(takes) }
		}
		if _, err := r.rebuild(); err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 {
			t.Fatalf("%d reports: %v", len(all), all)
		}
		want := brook.RebuildProgress{
			Read: 2, Total: 4, Took: 3100 * time.Millisecond, Left: 3100 * time.Millisecond,
		}
		if all[0] != want {
			t.Errorf("%+v", all[0])
		}
		if end := all[1]; end.Read != 4 || end.Total != 4 || end.Left != 0 {
			t.Errorf("%+v", end)
		}
		if log := r.Log(); strings.Count(log, "rebuilding the views") != 1 ||
			!strings.Contains(log, "read=4 of=4 for=12s left=0s") {
			t.Errorf("log:\n%s", log)
		}
	})
}
