package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// draw returns the figure as SVG, or nil if no benchmark of it was run.
func (f *figure) draw(r *results) []byte {
	t, ok := f.table(r)
	if !ok {
		return nil
	}
	c := &canvas{}
	c.text(margin, 34, "title", "start", f.title)
	c.text(margin, 54, "small", "start", f.note)
	c.text(margin, 72, "small", "start", card(r, t.runs))
	y := c.legend(t, 100)
	if f.lines {
		y = c.lines(t, y, f.unit)
	} else {
		y = c.bars(t, y, f.unit)
	}
	return c.svg(y+16, f.title)
}

// card says on what the benchmarks ran, and how often.
func card(r *results, runs int) string {
	var parts []string
	if cpu := r.card["cpu"]; cpu != "" {
		parts = append(parts, cpu)
	}
	if cores := r.card["cores"]; cores != "" {
		parts = append(parts, cores+" cores")
	}
	if version := r.card["go"]; version != "" {
		parts = append(parts, "Go "+strings.TrimPrefix(version, "go"))
	}
	if r.load > 0 {
		parts = append(parts, "load up to "+number(r.load))
	}
	if runs == 1 {
		return strings.Join(append(parts, "one run."), ", ")
	}
	return strings.Join(append(parts, fmt.Sprintf("medians of %d runs.", runs)), ", ")
}

// bars draws a group of bars for each category, one below the other, and returns where it ends.
func (c *canvas) bars(t table, top float64, unit string) float64 {
	const (
		left, right = margin + 48, width - margin - 64
		bar, gap    = 13, 12
	)
	var bars canvas
	scale := (right - left) / t.largest
	y := top + gap
	for j, category := range t.categories {
		from := y
		for i := range t.series {
			v := t.value[i][j]
			if v < 0 {
				continue
			}
			bars.add(`<rect class="f%d" x="%d" y="%.1f" width="%.1f" height="%d"/>`,
				t.color[i]%palette, left, y, max(1, v*scale), bar-1)
			bars.text(left+v*scale+6, y+bar-3, "small", "start", number(v))
			y += bar
		}
		bars.text(left-10, (from+y)/2+4, "", "end", category)
		y += gap
	}
	for v := 0.0; v <= t.largest; v += step(t.largest) {
		c.grid(left+v*scale, top, left+v*scale, y)
		c.text(left+v*scale, y+16, "small", "middle", number(v))
	}
	c.text(right+64, y+16, "small", "end", unit)
	c.buf.Write(bars.buf.Bytes())
	return y + 16
}

// lines draws a line for each series over the categories, and returns where it ends.
func (c *canvas) lines(t table, top float64, unit string) float64 {
	const (
		left, right = margin + 48, width - margin - 56
		high        = 260
	)
	top += 10
	bottom := top + high
	scale := high / t.largest
	x := across(t.categories, left, right)
	for v := 0.0; v <= t.largest; v += step(t.largest) {
		c.grid(left, bottom-v*scale, right, bottom-v*scale)
		c.text(left-8, bottom-v*scale+4, "small", "end", number(v))
	}
	c.text(left-8, top-8, "small", "end", unit)
	for j, category := range t.categories {
		c.text(x[j], bottom+20, "small", "middle", power(category))
	}
	labels := make([][]float64, len(x))
	for i := range t.series {
		var points []string
		for j, v := range t.value[i] {
			if v < 0 {
				continue
			}
			y := bottom - v*scale
			points = append(points, fmt.Sprintf("%.1f,%.1f", x[j], y))
			c.add(`<circle class="f%d" cx="%.1f" cy="%.1f" r="4"/>`, t.color[i]%palette, x[j], y)
			at := y + 14 // below lines that rise
			if j == len(x)-1 {
				at = y + 4
			}
			if slices.ContainsFunc(labels[j], near(at)) {
				at = y - 8
			}
			labels[j] = append(labels[j], at)
			c.text(x[j]+8, at, "small", "start", number(v))
		}
		c.add(`<polyline class="line s%d" points="%s"/>`, t.color[i]%palette,
			strings.Join(points, " "))
	}
	return bottom + 24
}

// near reports whether a label is so near to another one that they overlap.
func near(at float64) func(float64) bool {
	return func(y float64) bool { return math.Abs(y-at) < 12 }
}

// across returns where numbers are from left to right, by their logarithm.
func across(categories []string, left, right float64) []float64 {
	x := make([]float64, len(categories))
	for j, category := range categories {
		n, _ := strconv.ParseFloat(category, 64)
		x[j] = math.Log10(n)
	}
	first, all := x[0], x[len(x)-1]-x[0]
	for j := range x {
		if all > 0 {
			x[j] = left + (x[j]-first)/all*(right-left)
			continue
		}
		x[j] = left
	}
	return x
}

// power writes a power of ten as such: 10⁶.
func power(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n <= 0 || math.Log10(n) != math.Trunc(math.Log10(n)) {
		return text
	}
	raised := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	var b strings.Builder
	b.WriteString("10")
	for _, digit := range strconv.Itoa(int(math.Log10(n))) {
		b.WriteRune(raised[digit-'0'])
	}
	return b.String()
}
