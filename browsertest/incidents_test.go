package browsertest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/chromedp/chromedp"

	brook "github.com/brookgen/brookgen/runtime"
)

// chooseAll has what is done next be done with all letters that are listed.
func (g *gameDay) chooseAll() {
	g.t.Helper()
	g.tab.run(chromedp.SetAttributeValue(`#scope option[value="all"]`, "selected", "selected"))
}

// poisonEvent: a program of somebody else writes a record that nobody can read. The order behind it
// waits, in the shop and in the report.
func (g *gameDay) poisonEvent() {
	p := g.next()
	now := []byte("2026-01-02T03:04:05Z")
	_, err := g.driver.Publish(g.t.Context(), []brook.Record{{
		Topic: "orders", Key: []byte(p.Order), Value: []byte(`{"order": "` + p.Order + `", "lines": 7`),
		Headers: []brook.Header{
			{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("poison")},
			{Key: "ce_source", Value: []byte("kiosk")}, {Key: "ce_type", Value: []byte("order.placed")},
			{Key: "ce_time", Value: now}, {Key: "content-type", Value: []byte("application/json")},
		},
	}})
	g.published(brook.Position{}, err)
	g.place(p)
	g.find("brook_dead_letters_made_total", `brook_stage="decode"`) // BrookDeadLetters
	shop := g.find("brook_dead_letters_waiting")
	for _, i := range []*instance{shop, g.report} {
		g.at(i, "letters")
		g.tab.see("Dead letters 2")
		g.tab.see("the oldest first")
		g.tab.poll(`document.querySelectorAll('tbody input[name="id"]').length === 2`)
		g.tab.click("orders/")
		for _, want := range []string{
			"order.placed at orders/", "Stage decode", "kiosk", "1 in all", "lines: found a number",
		} {
			if text := g.tab.text(); !strings.Contains(text, want) {
				g.t.Errorf("the letter has no %q: %s", want, text)
			}
		}
		g.tab.click("See what redriving would do")
		g.tab.see("1 would fail")
		g.tab.visit("letters")
		g.tab.run(chromedp.Click(`tbody input[name="id"]`))
		g.tab.click("Drop …")
		g.tab.see("Drop 1 dead letter?")
		g.tab.click("Drop them")
		g.tab.see("1 dead letter dropped")
		g.tab.click("Dead letters")
		g.chooseAll()
		g.tab.click("See what redriving would do")
		g.tab.see("1 would be applied")
		g.tab.click("Redrive them")
		g.tab.see("1 dead letter applied")
		g.tab.click("Dead letters")
		g.tab.see("There are no dead letters")
	}
	g.pay(p.Order)
	g.settle()
}

// deadMailServer: no mail is sent for a while. What was given up is redriven once the server is
// back, and what waited behind it follows.
func (g *gameDay) deadMailServer() {
	g.mails.down.Store(true)
	g.pay(g.order(true)) // in two parts: the second mail waits behind the first
	for range 5 {
		g.order(true)
	}
	g.find("brook_job_duration_seconds_count", `brook_outcome="failed"`)
	g.find("brook_dead_letters_made_total", `brook_stage="job"`) // BrookDeadLetters
	wait(g.t, func() error {
		if n := g.sum("brook_dead_letters_made_total", `brook_stage="job"`); n < 6 {
			return fmt.Errorf("%v jobs were given up, not 6", n)
		}
		return nil
	})
	i := g.find("brook_jobs")
	g.at(i, "")
	g.tab.see("the mail server answers 503")
	g.tab.visit("jobs")
	g.tab.see("mail.send")
	for _, i := range g.shops {
		g.at(i, "letters")
		g.tab.see("6 of 6, the oldest first") // of both shops, whatever one of them counts
	}
	g.mails.down.Store(false)
	for _, i := range g.shops {
		g.at(i, "letters?stage=job")
		if strings.Contains(g.tab.text(), "No dead letter") {
			continue
		}
		g.chooseAll()
		g.tab.click("See what redriving would do")
		g.tab.see("would be done again")
		g.tab.click("Redrive them")
		g.tab.see("applied")
	}
	for _, i := range g.shops {
		g.at(i, "jobs")
		g.tab.see("No job waits")
	}
	g.settle()
}

// stuckPartition: somebody's program began a transaction and does not end it. What others publish
// behind it is not delivered.
func (g *gameDay) stuckPartition() {
	p := g.next()
	end := g.openTransaction(p.Order)
	g.place(p)
	g.find("brook_standing", `name="orders"`) // BrookPartitionStands
	i := g.find("brook_lag_records", `name="orders"`)
	for _, i := range []*instance{i, g.report} {
		g.at(i, "")
		g.tab.see("the log has not delivered its next record for")
		g.tab.see("a transaction may be open")
	}
	end()
	for _, i := range []*instance{g.report, i} {
		g.at(i, "")
		g.tab.gone("a transaction may be open")
	}
	g.pay(p.Order)
	g.settle()
}

// fullRedis: the server of the views has no memory left. Views can be read, and nothing is lost.
func (g *gameDay) fullRedis() {
	g.configure("maxmemory 1mb")
	g.t.Cleanup(func() { g.configure("maxmemory 0") })
	id := g.order(true)
	i := g.find("brook_state", `brook_state="waiting for the store"`) // BrookWaits
	g.at(i, "")
	g.tab.see("waiting for the store")
	g.tab.see("has used its maxmemory")
	if status, body, err := i.get("/readyz"); err != nil || status != http.StatusServiceUnavailable {
		g.t.Errorf("ready: %d %s %v", status, body, err)
	}
	if status, body, err := i.get("/livez"); err != nil || status != http.StatusOK {
		g.t.Errorf("alive: %d %s %v", status, body, err)
	}
	g.tab.visit("rows?collection=orders&key=o001")
	g.tab.see("o001")
	g.configure("maxmemory 0")
	g.tab.visit("")
	g.tab.gone("waiting for the store")
	g.tab.see("works again")
	g.settle()
	for _, i := range g.shops {
		i.ready(g.t)
	}
	g.at(i, "row?collection=orders&key="+id)
	g.tab.see("payment.received")
}

// wrongHandler: a customer says that the report is wrong. The version that mends it is deployed, what
// it would change is looked at, and the views are made anew.
func (g *gameDay) wrongHandler() {
	g.at(g.report, "rows?collection=turnover")
	g.tab.click("ada")
	for _, want := range []string{"order.placed", "cents", "orders"} {
		if text := g.tab.text(); !strings.Contains(text, want) {
			g.t.Errorf("the story of ada has no %q: %s", want, text)
		}
	}
	if same(g.report, "turnover", g.Turnover) == nil {
		g.t.Fatal("the report is right: there is nothing to mend")
	}
	g.report.stop(g.t)
	g.startReport("2")
	g.order(true)
	g.settle() // the new code folds, over rows of the former
	g.at(g.report, "")
	g.tab.see("The code differs from what made the views")
	g.tab.see("Report.OrderPlaced")
	wait(g.t, func() error { // BrookStale
		v, err := g.report.metric("brook_stale")
		if err == nil && v != 1 {
			err = fmt.Errorf("brook_stale is %v", v)
		}
		return err
	})
	g.tab.visit("rebuild")
	g.tab.click("Preview")
	g.tab.see("4 changed")
	g.tab.see("cents in 4")
	if same(g.report, "turnover", g.Turnover) == nil {
		g.t.Error("a preview changed the live views")
	}
	g.tab.visit("rebuild")
	g.tab.click("Rebuild the views")
	g.tab.see("wait for a decision")
	g.tab.see("4 changed")
	g.tab.click("Promote the rebuilt views")
	g.tab.see("promoted")
	g.tab.see("The views were made by the code of today")
	wait(g.t, func() error { return same(g.report, "turnover", g.Turnover) })
}

// lostInstance: a machine is gone. The other one takes over, until there are two again.
func (g *gameDay) lostInstance() {
	lost, left := g.shops[0], g.shops[1]
	for range 6 {
		g.order(true)
	}
	lost.kill()
	g.shops = g.shops[1:]
	for range 6 {
		g.order(true)
	}
	g.at(left, "")
	g.tab.see("15 of this instance")
	g.settle()
	g.shops = append(g.shops, g.startShop("first shop again"))
	g.tab.gone("15 of this instance")
	g.at(g.shops[1], "")
	g.tab.gone("This instance folds no partition")
	for range 6 {
		g.order(true)
	}
	for _, i := range g.shops {
		i.ready(g.t)
	}
	g.settle()
}
