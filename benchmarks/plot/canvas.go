package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	width   = 760
	margin  = 24
	palette = 9 // how many colors there are
)

// style is for light and dark surroundings: background and text change together, so that a figure
// is legible wherever it is shown. The colors are told apart by people who see some of them alike.
const style = `
.back{fill:#fff;stroke:#d0d7de}.text{fill:#1f2328;font:13px system-ui,sans-serif}
.title{font-weight:600;font-size:16px}.small{fill:#59636e;font-size:12px}
.grid{stroke:#d0d7de;stroke-width:1}.line{fill:none;stroke-width:2.5}
.f0{fill:#0072b2}.f1{fill:#56b4e9}.f2{fill:#009e73}.f3{fill:#d55e00}.f4{fill:#cc79a7}.f5{fill:#8c6d00}.f6{fill:#6e7781}.f7{fill:#7c4dbd}.f8{fill:#b3b9c0}
.s0{stroke:#0072b2}.s1{stroke:#56b4e9}.s2{stroke:#009e73}.s3{stroke:#d55e00}.s4{stroke:#cc79a7}.s5{stroke:#8c6d00}.s6{stroke:#6e7781}.s7{stroke:#7c4dbd}.s8{stroke:#b3b9c0}
@media (prefers-color-scheme:dark){
.back{fill:#0d1117;stroke:#3d444d}.text{fill:#f0f6fc}.small{fill:#9198a1}.grid{stroke:#3d444d}
.f0{fill:#4aa8e0}.f1{fill:#a5d8f3}.f2{fill:#2fc79a}.f3{fill:#f08a45}.f4{fill:#e3a5c8}.f5{fill:#d9b640}.f6{fill:#9da7b1}.f7{fill:#b794f0}.f8{fill:#636c76}
.s0{stroke:#4aa8e0}.s1{stroke:#a5d8f3}.s2{stroke:#2fc79a}.s3{stroke:#f08a45}.s4{stroke:#e3a5c8}.s5{stroke:#d9b640}.s6{stroke:#9da7b1}.s7{stroke:#b794f0}.s8{stroke:#636c76}
}
`

// canvas is an SVG as it is drawn.
type canvas struct{ buf bytes.Buffer }

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.buf, format+"\n", args...) }

// text writes at a place; anchor is start, middle or end.
func (c *canvas) text(x, y float64, class, anchor, text string) {
	c.add(`<text class="text %s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y,
		anchor, escaped(text))
}

func (c *canvas) grid(x1, y1, x2, y2 float64) {
	c.add(`<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, x1, y1, x2, y2)
}

// legend writes the names of series, as many to a row as fit, and returns where it ends.
func (c *canvas) legend(t table, y float64) float64 {
	x := float64(margin)
	for i, name := range t.series {
		wide := 34 + 7*float64(len(name))
		if x+wide > width-margin {
			x, y = margin, y+20
		}
		c.add(`<rect class="f%d" x="%.1f" y="%.1f" width="12" height="12" rx="2"/>`,
			t.color[i]%palette, x, y-10)
		c.text(x+18, y, "", "start", name)
		x += wide
	}
	return y + 14
}

// svg returns the whole drawing.
func (c *canvas) svg(height float64, title string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%d" `+
		`height="%.0f" role="img">`+"\n<title>%s</title>\n<style>%s</style>\n", width, height, width,
		height, escaped(title), style)
	fmt.Fprintf(&out, `<rect class="back" x="0.5" y="0.5" width="%d" height="%.0f" rx="6"/>`+"\n",
		width-1, height-1)
	out.Write(c.buf.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// step returns the distance of ticks, of which there are four to eight up to largest: 1, 2 or 5
// times a power of ten.
func step(largest float64) float64 {
	rough := largest / 8
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= rough {
			return times * power
		}
	}
	return 10 * power
}

// number writes v with three digits at most, but for thousands: 1.2 M, 155 k, 12.7 k, 4,940, 60.
func number(v float64) string {
	switch {
	case v >= 999_500:
		return digits(v/1e6) + " M"
	case v >= 9_995:
		return digits(v/1e3) + " k"
	case v >= 999.5:
		n := int(math.Round(v))
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return digits(v)
}

// digits writes the first three digits of v, which is below 1,000, without zeros at the end.
func digits(v float64) string {
	after := 0
	switch {
	case v < 9.995:
		after = 2
	case v < 99.95:
		after = 1
	}
	text := strconv.FormatFloat(v, 'f', after, 64)
	if after > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}
