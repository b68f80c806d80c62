package retry

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Who waits learns of what has been asked for the longest, with its last failure.
func TestPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pending
		longest := func(want ...string) {
			t.Helper()
			got := p.Longest()
			for _, part := range want {
				if !strings.Contains(got, part) {
					t.Errorf("%q, want %q", got, part)
				}
			}
			if len(want) == 0 && got != "" {
				t.Errorf("%q, want nothing", got)
			}
		}
		longest()
		first := p.Begin("commit")
		time.Sleep(time.Second)
		second := p.Begin("read")
		time.Sleep(time.Second)
		third := p.Begin("mark")
		longest("to answer (commit)")
		p.Failed(first, 2, errStore)
		p.Failed(second, 1, errStore)
		p.Failed(nil, 1, errStore)
		longest("commit, failed 2 times", errStore.Error())
		p.End(first)
		longest("read, failed once")
		p.End(third)
		p.End(third)
		longest("read")
		p.End(second)
		longest()
	})
}
