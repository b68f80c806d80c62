package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// A poison event: who has nothing but the inspector finds it, sees why it fails and what waits
// behind it, tries it in vain, drops it, and has the rest go on.
func TestPoisonEvent(t *testing.T) {
	s := newShop(t)
	s.order(1, true)
	b := open(t, s)
	b.visit("")
	b.see("live")
	b.see("Nothing has failed")
	s.wait(s.app.Publish.OrderCancelled(t.Context(), sales.OrderCancelled{Order: "o900"}))
	s.order(900, false)
	b.see("Dead letters 2") // in the navigation, without reload
	b.visit("letters")
	b.see("no value at key")
	b.click("orders/")
	if text := b.text(); !strings.Contains(text, "order.cancelled at orders/") ||
		!strings.Contains(text, "1 in all") || !strings.Contains(text, `"order": "o900"`) {
		t.Errorf("the letter: %s", text)
	}
	b.click("See what redriving would do")
	if text := b.text(); !strings.Contains(text, "1 would fail") {
		t.Errorf("the dry run: %s", text)
	}
	if _, ok, err := s.app.Views.Orders.Lookup("o900"); err != nil || ok {
		t.Errorf("the dry run made a row: %v %v", ok, err)
	}
	b.click("Redrive them")
	b.see("0 dead letters applied")
	b.click("Dead letters")
	b.run(chromedp.Click(`tbody input[name="id"]`))
	b.click("Drop …")
	b.see("Drop 1 dead letter?")
	b.click("Drop them")
	b.see("1 dead letter dropped")
	b.click("Dead letters")
	b.run(chromedp.SetAttributeValue(`#scope option[value="all"]`, "selected", "selected"))
	b.click("See what redriving would do")
	if text := b.text(); !strings.Contains(text, "1 would be applied") ||
		!strings.Contains(text, "orders o900 (new)") ||
		!strings.Contains(text, "Would emit stock.reserved") {
		t.Errorf("the dry run: %s", text)
	}
	b.click("Redrive them")
	b.see("1 dead letter applied")
	b.click("Dead letters")
	b.see("There are no dead letters")
	if o, err := s.app.Views.Orders.Get("o900"); err != nil || o.Status != sales.Placed {
		t.Errorf("the order that waited: %+v %v", o, err)
	}
}

// A mail server that is down: the jobs wait, with their tries, and are done once it is back.
func TestDeadMailServer(t *testing.T) {
	s := newShop(t)
	s.down.Store(true)
	b := open(t, s)
	b.visit("jobs")
	b.see("No job waits")
	s.order(1, true)
	b.see("mail.send")
	b.see("Jobs 1")
	b.visit("")
	b.see("the mail server does not answer")
	b.visit("jobs")
	s.down.Store(false)
	b.gone("mail.send")
	b.see("No job waits")
}

// A row's story is found from the collections, by an index.
func TestStory(t *testing.T) {
	s := busy(t)
	b := open(t, s)
	b.visit("collections")
	b.click("orders")
	b.enter(`//form[contains(@aria-label, "Customer")]//input[@type="search"]`, "ada")
	b.see("Rows whose Customer is ada")
	b.click("o004")
	text := b.text()
	for _, want := range []string{
		"order.cancelled", "status “placed” “cancelled”", "order.placed", "by sales",
	} {
		want = strings.NewReplacer("“", `"`, "”", `"`).Replace(want)
		if !strings.Contains(text, want) {
			t.Errorf("the story has no %q: %s", want, text)
		}
	}
}

// What is personal is on no page, wherever it comes from.
func TestPersonalData(t *testing.T) {
	s := busy(t)
	s.down.Store(true)
	s.order(901, true)
	b := open(t, s)
	for _, page := range append(pages, "row?collection=orders&key=o003", "row?collection=orders&key=o901") {
		b.visit(page)
		if html := eval[string](b, "document.documentElement.outerHTML"); strings.Contains(html, "@example.com") {
			t.Errorf("%q shows an address: %s", page, b.text())
		}
	}
	b.see(`"email": "***"`)
	b.visit("jobs")
	b.see(`"to":"***"`)
}

// The app pauses and goes on, and pages that are open show it.
func TestPause(t *testing.T) {
	s := newShop(t)
	b, another := open(t, s), open(t, s)
	another.visit("jobs")
	another.see("live")
	b.visit("")
	b.click("Pause the app")
	b.see("paused")
	another.see("paused")
	pos, err := s.app.Publish.OrderPlaced(t.Context(), sales.OrderPlaced{Order: "o1"})
	if err != nil {
		t.Fatal(err)
	}
	if s.app.Status().State != brook.StatePaused {
		t.Errorf("the app is %s", s.app.Status().State)
	}
	if _, ok, err := s.app.Views.Orders.Lookup("o1"); err != nil || ok {
		t.Errorf("a paused app folds: %v %v", ok, err)
	}
	b.click("Go on")
	s.wait(pos, nil)
	another.see("live")
}

// A rebuild shows how the views differ, and waits for a decision.
func TestRebuild(t *testing.T) {
	s := busy(t)
	// What is not in the log is lost by a rebuild.
	if err := s.app.Process.StockReceived(t.Context(),
		sales.StockReceived{Article: "truffles", Quantity: 7}); err != nil {
		t.Fatal(err)
	}
	b := open(t, s)
	b.visit("rebuild")
	b.click("Preview")
	b.see("only in the live ones")
	b.see("truffles")
	b.visit("rebuild")
	b.click("Rebuild the views")
	b.see("wait for a decision")
	b.click("Promote the rebuilt views")
	b.see("promoted")
	if ok, err := s.app.Views.Stock.Has("truffles"); err != nil || ok {
		t.Errorf("the rebuilt views are not live: %v %v", ok, err)
	}
}
