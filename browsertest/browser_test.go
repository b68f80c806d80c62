package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a tab of Chromium that shows an inspector.
type browser struct {
	t    *testing.T
	ctx  context.Context
	url  string // of the inspector
	mu   sync.Mutex
	said []string // what the console says: refused scripts, errors
}

// chromium returns the browser's path. Without one the test is skipped.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("BROWSER"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("SKIPPED: there is no Chromium on PATH, and BROWSER does not name one, so the inspector is NOT tested in a browser")
	return ""
}

// open starts a browser that shows the inspector of a shop.
func open(t *testing.T, s *shop) *browser {
	t.Helper()
	return openFor(t, s.url, 6*time.Minute)
}

// openFor starts a browser with an empty profile that ends after a time. What a page says to the
// console fails the test.
func openFor(t *testing.T, url string, limit time.Duration) *browser {
	t.Helper()
	path := chromium(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1180, 900),
	)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	allocated, endAllocator := chromedp.NewExecAllocator(ctx, options...)
	b := &browser{t: t, url: url}
	tab, endTab := chromedp.NewContext(allocated, chromedp.WithListener(func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			b.note(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		case *runtime.EventExceptionThrown:
			b.note("exception: " + e.ExceptionDetails.Text)
		}
	}))
	b.ctx = tab
	t.Cleanup(func() {
		endTab()
		endAllocator()
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, line := range b.said {
			t.Errorf("the browser says: %s", line)
		}
	})
	b.run(chromedp.Navigate("about:blank"))
	return b
}

func (b *browser) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, line)
}

// run does something in the browser.
func (b *browser) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		at, _ := chromedp.Run(b.ctx, chromedp.Location())
		b.t.Fatalf("%v, at %s: %s", err, at, b.text())
	}
}

// visit goes to a page.
func (b *browser) visit(page string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.url+page), chromedp.WaitVisible("main"))
}

// click clicks the first button or link that says a text, and waits until another page is there.
func (b *browser) click(text string) {
	b.t.Helper()
	path := fmt.Sprintf(`//main//*[self::button or self::a][contains(normalize-space(.), %q)]`, text)
	b.run(chromedp.WaitVisible(path))
	response, err := chromedp.RunResponse(b.ctx, chromedp.Click(path))
	if err != nil {
		b.t.Fatalf("a click on %q: %v", text, err)
	}
	if response.Status >= 400 {
		b.t.Fatalf("a click on %q: status %d: %s", text, response.Status, b.text())
	}
	b.run(chromedp.WaitReady("footer"))
}

// enter types a text into a field, and waits for the page that the Enter key leads to.
func (b *browser) enter(field, text string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.SendKeys(field, text+kb.Enter)); err != nil {
		b.t.Fatalf("%q in %s: %v", text, field, err)
	}
}

// see waits until the page shows a text, without being loaded again.
func (b *browser) see(text string) {
	b.t.Helper()
	b.poll(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// gone waits until the page does not show a text any more.
func (b *browser) gone(text string) {
	b.t.Helper()
	b.poll(fmt.Sprintf("!document.body.innerText.includes(%q)", text))
}

// poll waits until an expression is true in the page.
func (b *browser) poll(expression string) {
	b.t.Helper()
	wait := chromedp.WithPollingTimeout(patience)
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, wait)); err != nil {
		b.t.Fatalf("%s: %v: %s\nthe page: %s", expression, err, b.text(), b.condition())
	}
}

// condition returns what keeps a page from being brought up to date.
func (b *browser) condition() string {
	state, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`JSON.stringify({
		now: performance.now(), seen: document.visibilityState, button: document.querySelector("#live")?.innerText,
		focus: document.activeElement?.outerHTML.slice(0, 80), head: document.querySelector("header").innerText,
		asked: performance.getEntriesByType("resource").slice(-5).map((e) =>
			[e.name, e.startTime, e.requestStart, e.responseStart, e.responseEnd, e.responseStatus]),
	})`))
	if err != nil {
		return err.Error()
	}
	return state
}

// eval returns what an expression is in the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// text returns what the page shows in its main part.
func (b *browser) text() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](
		`document.querySelector("main").innerText`))
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(text), " ")
}
