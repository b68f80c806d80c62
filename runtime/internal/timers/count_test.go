package timers

import "testing"

// What commits add while the store is read counts as well, and what was forgotten meanwhile does
// not come back.
func TestCount(t *testing.T) {
	var c Count
	waiting := func(want int) {
		t.Helper()
		if n := c.Waiting(); n != want {
			t.Errorf("%d wait, want %d", n, want)
		}
	}
	waiting(-1)
	c.Add(3) // which the store has, when it is read
	round := c.Begin()
	c.Add(2)
	c.Add(-1)
	waiting(-1)
	c.End(3, round)
	waiting(4)
	c.Add(1)
	waiting(5)
	again := c.Begin()
	c.Add(1)
	waiting(6)
	c.Forget()
	waiting(-1)
	c.End(5, again)
	waiting(-1)
	round = c.Begin()
	c.End(7, round)
	waiting(7)
	first := c.Begin()
	second := c.Begin()
	c.End(1, first)
	waiting(7)
	c.End(8, second)
	waiting(8)
	var none *Count
	none.Forget()
	if none.Waiting() != 0 {
		t.Error("an app without timers has some")
	}
}
