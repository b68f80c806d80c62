package brookhttp

import (
	"fmt"
	"strings"
	"time"
)

// curve is a line of samples in a picture that is curveWidth wide and curveHeight high. A template
// draws it.
type curve struct {
	Title string
	Now   string // the last value, for people
	Most  string // the highest one
	Line  string // an SVG path
	Area  string // that below it
}

const (
	curveWidth  = 360
	curveHeight = 100
	leastCurve  = 2 * time.Minute // how much time a curve shows at least
)

// newCurve draws what value returns of the samples. Values are not negative; show writes one.
func newCurve(title string, history []sample, value func(sample) float64,
	show func(float64) string,
) curve {
	c := curve{Title: title, Now: show(0), Most: show(0)}
	if len(history) == 0 {
		return c
	}
	most := 0.0
	for _, x := range history {
		most = max(most, value(x))
	}
	c.Now, c.Most = show(value(history[len(history)-1])), show(most)
	// The right edge is now, the left one the first sample; at first it is farther off.
	last := history[len(history)-1].Time
	width := max(leastCurve, last.Sub(history[0].Time))
	var line strings.Builder
	first := float64(curveWidth)
	for i, x := range history {
		at := curveWidth * (1 - float64(last.Sub(x.Time))/float64(width))
		height := 0.0
		if most > 0 {
			height = value(x) / most
		}
		letter := "L"
		if i == 0 {
			letter, first = "M", max(0, at)
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", letter, max(0, at), curveHeight-2-height*(curveHeight-6))
	}
	c.Line = line.String()
	c.Area = fmt.Sprintf("%sL%d %dL%.1f %dZ", c.Line, curveWidth, curveHeight, first, curveHeight)
	return c
}
