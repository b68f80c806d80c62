package browsertest

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// gameDay is a service that things happen to: two instances of a shop, which share views in Redis,
// and a report with views of its own, all over one Kafka. Who mends it has the inspectors and the
// metrics. Others publish, and note what is to come of it.
type gameDay struct {
	*model
	day    *testing.T // at whose end everything ends
	t      *testing.T // of the step
	kafka  string
	redis  string
	driver *kafkadriver.Driver
	till   *sales.App // publishes, and folds nothing
	mails  *mailServer
	binary string
	dir    string // of the report's views
	shops  []*instance
	report *instance
	tab    *browser
}

// TestGameDay has one thing after the other go wrong, and each found and mended with what an
// operator has.
func TestGameDay(t *testing.T) {
	chromium(t)
	g := &gameDay{day: t, t: t, kafka: os.Getenv("BROOK_KAFKA"), redis: os.Getenv("BROOK_REDIS"),
		model: newModel()}
	if g.kafka == "" || g.redis == "" {
		t.Skip("SKIPPED: BROOK_KAFKA or BROOK_REDIS names no server (host:port), so the game day is NOT held; " +
			"scripts/redis run scripts/kafka run go test starts them")
	}
	g.start()
	g.quietDay()
	for _, step := range []struct {
		name string
		run  func(*gameDay)
	}{
		{"poison event", (*gameDay).poisonEvent},
		{"dead mail server", (*gameDay).deadMailServer},
		{"stuck partition", (*gameDay).stuckPartition},
		{"wrong handler", (*gameDay).wrongHandler},
		{"full Redis", (*gameDay).fullRedis},
		{"lost instance", (*gameDay).lostInstance},
	} {
		if !t.Run(step.name, func(t *testing.T) {
			g.on(t)
			step.run(g)
		}) {
			return // what comes next would fail because of it
		}
		g.on(t)
	}
	g.compare()
}

// on has what fails from now on fail a test.
func (g *gameDay) on(t *testing.T) {
	g.t = t
	if g.tab != nil {
		g.tab.t = t
	}
}

// start builds the service and starts all of it.
func (g *gameDay) start() {
	t := g.t
	driver, err := kafkadriver.Open(strings.Split(g.kafka, ","), nil, kafkadriver.CreateTopics(3, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Close() })
	g.driver = driver
	topics, err := driver.Partitions(t.Context(), "orders", "payments", "shipments", "stock", "customers")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range topics {
		if p.End > 0 {
			t.Fatalf("topic %s has events: a game day needs a broker of its own", p.Topic)
		}
	}
	g.till, err = sales.NewApp(brook.Config{Author: "till", Driver: driver, Store: mapstore.New()},
		sales.Desk{}, sales.Mailer{}, sales.Warehouse{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.till.Close() })
	g.mails = newMailServer(t)
	g.binary, g.dir = build(t), t.TempDir()
	g.shops = []*instance{g.startShop("first shop"), g.startShop("second shop")}
	g.startReport("1")
	g.tab = openFor(t, g.report.inspector(), 15*time.Minute)
}

func (g *gameDay) startShop(name string) *instance {
	g.t.Helper()
	return launch(g.day, name, g.binary, "-app", "sales", "-brokers", g.kafka, "-redis", g.redis,
		"-mail", g.mails.url)
}

// startReport starts the report in a version.
func (g *gameDay) startReport(version string) {
	g.t.Helper()
	g.report = launch(g.day, "report "+version, g.binary, "-app", "turnover", "-brokers", g.kafka,
		"-dir", g.dir, "-version", version)
}

// at shows the inspector of an instance in the browser.
func (g *gameDay) at(i *instance, page string) {
	g.t.Helper()
	g.tab.url = i.inspector()
	g.tab.visit(page)
}

// quietDay has all be well at first.
func (g *gameDay) quietDay() {
	g.t.Helper()
	for _, article := range articles {
		g.receive(article, 1000)
	}
	for range 12 {
		g.order(true)
	}
	g.ship(g.order(true))
	g.order(false)
	g.settle()
	for _, i := range append(g.shops, g.report) {
		g.at(i, "")
		g.tab.see("live")
		i.ready(g.t)
	}
	if n := g.sum("brook_dead_letters_waiting"); n != 0 {
		g.t.Errorf("%v dead letters on a quiet day", n)
	}
}
