package browsertest

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pages are all pages that are read, of a shop that is busy.
var pages = []string{
	"", "collections", "rows?collection=orders", "row?collection=orders&key=o004", "letters",
	"jobs", "timers", "parked", "rebuild",
}

// contrasts returns the texts of a page that are hard to read: their contrast to what is behind
// them, by WCAG's formula, is below 4.5.
const contrasts = `(() => {
	const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m.slice(0, 3), 1] : m; };
	const light = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
	const bad = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || !e.checkVisibility({ visibilityProperty: true }) || e.closest("svg, noscript, .said, .skip, option")) continue;
		const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.add(ratio.toFixed(2) + " " + e.tagName + "." + e.className + ": " + walk.currentNode.data.trim().slice(0, 40));
	}
	return [...bad];
})()`

// Every page can be read by day and by night, fits a phone, and can be used without a mouse.
func TestLook(t *testing.T) {
	s := busy(t)
	b := open(t, s)
	for _, scheme := range []string{"light", "dark"} {
		b.colours(scheme)
		for _, page := range pages {
			b.visit(page)
			for _, text := range eval[[]string](b, contrasts) {
				t.Errorf("%q, %s: hard to read: %s", page, scheme, text)
			}
		}
	}
	b.run(chromedp.EmulateViewport(360, 740, chromedp.EmulateScale(1)))
	for _, page := range pages {
		b.visit(page)
		if width := eval[int](b, "document.documentElement.scrollWidth"); width > 360 {
			t.Errorf("%q is %d pixels wide on a phone of 360", page, width)
		}
		for _, small := range eval[[]string](b, `[...document.querySelectorAll("main button, nav a, select")]
			.filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24)
			.map((e) => e.outerHTML.slice(0, 80))`) {
			t.Errorf("%q: too small for a finger: %s", page, small)
		}
	}
}

// The first key leads to the content, and all that can be clicked is reached by keys and shows it.
func TestKeyboard(t *testing.T) {
	s := busy(t)
	b := open(t, s)
	b.visit("letters")
	b.run(chromedp.KeyEvent(kb.Tab))
	if at := eval[string](b, "document.activeElement.innerText"); at != "Skip to the content" {
		t.Errorf("the first key leads to %q", at)
	}
	b.run(chromedp.KeyEvent(kb.Enter))
	if at := eval[string](b, "document.activeElement.id || location.hash"); at != "main" && at != "#main" {
		t.Errorf("the link leads to %q", at)
	}
	want := eval[int](b, `document.querySelectorAll("main :is(a[href], button, input:not([type=hidden]), select, summary, [tabindex='0'])").length`)
	reached := map[string]bool{}
	for range want + 5 {
		b.run(chromedp.KeyEvent(kb.Tab))
		at := eval[[]string](b, `(() => { const e = document.activeElement; const s = getComputedStyle(e);
			return [e.tagName + (e.id || e.value || e.innerText || e.href), s.outlineStyle, e.closest("main") ? "main" : ""]; })()`)
		if at[2] != "" {
			reached[at[0]] = true
			if at[1] == "none" {
				t.Errorf("the focus does not show on %s", at[0])
			}
		}
	}
	if len(reached) < want/2 {
		t.Errorf("%d of %d things are reached by keys", len(reached), want)
	}
}

// Without a script the pages do all but to bring themselves up to date.
func TestWithoutScript(t *testing.T) {
	s := busy(t)
	b := open(t, s)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate(s.url + "letters"))
	b.run(chromedp.Click(`tbody input[name="id"]`))
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(`button[formaction="drop"]`)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(`main button`)); err != nil {
		t.Fatal(err)
	}
	letters := 0
	for _, err := range s.app.DeadLetters() {
		if err != nil {
			t.Fatal(err)
		}
		letters++
	}
	if letters != 1 {
		t.Errorf("%d dead letters are left", letters)
	}
}

// What somebody works in stays as it is while the page is brought up to date.
func TestUpdatesLeaveWorkAlone(t *testing.T) {
	s := busy(t)
	b := open(t, s)
	b.visit("letters")
	b.run(chromedp.Click(`tbody input[name="id"]`))
	s.wait(cancel(s, "o901"))
	b.see("Dead letters 3")
	if !eval[bool](b, `document.querySelector('tbody input[name="id"]').checked`) {
		t.Error("a box is no longer checked")
	}
	b.run(chromedp.Click("#live"))
	if text := eval[string](b, `document.querySelector("#live").innerText`); text != "Update again" {
		t.Errorf("the button says %q", text)
	}
}

var screenshots = flag.String("screenshots", "", "a folder that TestScreenshots writes pictures of pages to")

// TestScreenshots writes the pictures of docs/inspector.md.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("-screenshots does not name a folder")
	}
	s := busy(t)
	b := open(t, s)
	for n := range 50 { // some traffic, for the rates
		s.order(41+n, n%4 != 0)
		time.Sleep(200 * time.Millisecond)
	}
	s.down.Store(true)
	s.order(99, true)
	for name, page := range map[string]string{
		"overview": "", "row": "row?collection=orders&key=o003", "letters": "letters",
	} {
		b.visit(page)
		b.save("inspector-"+name, 1100, 820)
	}
	b.colours("dark")
	b.visit("")
	b.save("inspector-phone", 390, 780)
}

// colours has the browser ask for light or dark colours.
func (b *browser) colours(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// save writes a picture with few colours, which makes a small file.
func (b *browser) save(name string, width, height int64) {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(width, height))
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(*screenshots, name+".png"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Close()
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(file, reduced(full)); err != nil {
		b.t.Fatal(err)
	}
	b.t.Log(strings.TrimPrefix(file.Name(), "./"), fmt.Sprint(full.Bounds().Size()))
}

// reduced returns a picture in its 256 most frequent colours.
func reduced(full image.Image) image.Image {
	count := map[color.RGBA]int{}
	bounds := full.Bounds()
	at := func(x, y int) color.RGBA {
		r, g, b, _ := full.At(x, y).RGBA()
		return color.RGBA{uint8(r>>8) &^ 3, uint8(g>>8) &^ 3, uint8(b>>8) &^ 3, 255}
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	var palette color.Palette
	for len(palette) < 256 && len(count) > 0 {
		var most color.RGBA
		for c, n := range count {
			if n > count[most] || n == count[most] && fmt.Sprint(c) < fmt.Sprint(most) {
				most = c
			}
		}
		palette = append(palette, most)
		delete(count, most)
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.Set(x, y, at(x, y))
		}
	}
	return small
}
