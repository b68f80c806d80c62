package brookotel_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/semconv/v1.43.0/messagingconv"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// measured is what an app measured, and nothing traced.
type measured struct {
	*metric.ManualReader
	provider *metric.MeterProvider
}

func newMeasured(t *testing.T) measured {
	t.Helper()
	r := metric.NewManualReader()
	p := metric.NewMeterProvider(metric.WithReader(r))
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	return measured{r, p}
}

func (m measured) options() brookotel.Options {
	return brookotel.Options{MeterProvider: m.provider, TracerProvider: tracenoop.NewTracerProvider()}
}

// lines returns what was measured of the metrics that keep wants, as "name{attributes} value", sorted.
// Of a histogram the value is the count.
func (m measured) lines(t *testing.T, keep func(name string) bool) (lines []string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := m.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, x := range scope.Metrics {
			if !keep(x.Name) {
				continue
			}
			line := func(set attribute.Set, value any) {
				lines = append(lines, fmt.Sprintf("%s{%s} %v", x.Name,
					set.Encoded(attribute.DefaultEncoder()), value))
			}
			switch data := x.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					line(p.Attributes, p.Count)
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					line(p.Attributes, p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					line(p.Attributes, p.Value)
				}
			default:
				t.Errorf("%s is a %T", x.Name, x.Data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// not wants all metrics but those of the names.
func not(names ...string) func(string) bool {
	return func(name string) bool { return !slices.Contains(names, name) }
}

// What an app does is measured and counted, with attributes of closed sets.
func TestMetrics(t *testing.T) {
	m := newMeasured(t)
	d := memdriver.New()
	c := brook.Config{Author: "ledger", Driver: d, Store: mapstore.New(),
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 2, Min: time.Microsecond, Max: time.Microsecond}}
	if _, err := brookotel.Instrument(&c, m.options()); err != nil {
		t.Fatal(err)
	}
	fails := false
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{
		Do: func(context.Context, brook.Event[ledger.Moved]) error {
			if fails {
				return brook.ErrRetry
			}
			return nil
		},
		Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			return func(context.Context) error { return errors.New("gone") }
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	catchUp := func(publish ...brook.Outgoing) {
		t.Helper()
		if _, err := app.PublishAll(t.Context(), slices.Values(publish)); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	catchUp(brook.Emit(ledger.Opened{Account: "a"}), brook.Emit(ledger.Ignored{}),
		brook.Emit(ledger.Moved{Account: "a", Order: "emit"}))
	fails = true
	catchUp(brook.Emit(ledger.Moved{Account: "a"}))
	for i := range 3 { // whatever is in the log, attributes are of a closed set
		_, err := d.Publish(t.Context(), []brook.Record{{Topic: "ledger", Key: []byte("a"),
			Value: []byte(`{}`), Headers: []brook.Header{
				{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("1")},
				{Key: "ce_source", Value: []byte("x")},
				{Key: "ce_type", Value: fmt.Append(nil, "theirs", i)}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	catchUp()

	const kafka = "messaging.destination.name=ledger,messaging.operation.name=%s,messaging.system=kafka"
	process := "brook.event.type=%s,brook.outcome=%s,%smessaging.consumer.group.name=ledger," +
		fmt.Sprintf(kafka, "process")
	processed := func(typ, outcome, err string, n int) string {
		if err != "" {
			err = "error.type=" + err + ","
		}
		return fmt.Sprintf("messaging.process.duration{"+process+"} %d", typ, outcome, err, n)
	}
	handled := func(handler, set, typ, outcome, err string, n int) string {
		if err != "" {
			err = ",error.type=" + err
		}
		return fmt.Sprintf("brook.handler.duration{brook.app=ledger,brook.event.type=%s,"+
			"brook.handler=%s,brook.outcome=%s,brook.set=%s%s} %d", typ, handler, outcome, set, err, n)
	}
	want(t, "metrics", m.lines(t, not("brook.commit.duration", "messaging.client.operation.duration")),
		processed("account.opened", "done", "", 1),
		processed("ledger.ignored", "discarded", "", 1),
		processed("money.moved", "done", "", 1),
		processed("audit.noted", "done", "", 1),
		processed("money.moved", "retry", "retry", 1),
		processed("money.moved", "failed", "retry", 1),
		processed("_OTHER", "unknown", "", 3),
		handled("Books.Opened", "Books", "account.opened", "done", "", 1),
		handled("Books.Moved", "Books", "money.moved", "done", "", 3),
		handled("Audit.Moved", "Audit", "money.moved", "done", "", 1),
		handled("Audit.Noted", "Audit", "audit.noted", "done", "", 1),
		handled("Audit.Moved", "Audit", "money.moved", "retry", "retry", 1),
		handled("Audit.Moved", "Audit", "money.moved", "failed", "retry", 1),
		"messaging.client.consumed.messages{messaging.consumer.group.name=ledger,"+
			fmt.Sprintf(kafka, "process")+"} 8",
		"messaging.client.sent.messages{brook.app=ledger,"+fmt.Sprintf(kafka, "send")+"} 5",
		"brook.effect.duration{brook.app=ledger,brook.outcome=retry,brook.set=Audit,error.type=_OTHER} 1",
		"brook.effect.duration{brook.app=ledger,brook.outcome=failed,brook.set=Audit,error.type=_OTHER} 1",
		"brook.events{brook.app=ledger,brook.outcome=done} 4",
		"brook.events{brook.app=ledger,brook.outcome=discarded} 1",
		"brook.events{brook.app=ledger,brook.outcome=unknown} 3",
		"brook.dead_letters.made{brook.app=ledger,brook.set=Audit,brook.stage=handle} 1",
		"brook.failures{brook.app=ledger,brook.failure=effect,brook.final=false,error.type=_OTHER} 1",
		"brook.failures{brook.app=ledger,brook.failure=effect,brook.final=true,error.type=_OTHER} 1",
		"brook.failures{brook.app=ledger,brook.failure=handle,brook.final=false,error.type=retry} 1",
	)
	for _, name := range []string{"brook.commit.duration", "messaging.client.operation.duration"} {
		if got := m.lines(t, func(n string) bool { return n == name }); len(got) != 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
	fails = false
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "metrics after a rebuild", m.lines(t, func(n string) bool {
		return n == "brook.rebuild.duration" || n == "brook.events"
	}),
		"brook.rebuild.duration{brook.app=ledger,brook.outcome=done} 1",
		"brook.events{brook.app=ledger,brook.outcome=done} 4",
		"brook.events{brook.app=ledger,brook.outcome=discarded} 1",
		"brook.events{brook.app=ledger,brook.outcome=unknown} 3",
	)
}

// Each try of a job is measured.
func TestJobMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasured(t)
		c := brook.Config{Author: "errands", Driver: memdriver.New(), Store: mapstore.New(),
			Log: slog.New(slog.DiscardHandler)}
		if _, err := brookotel.Instrument(&c, m.options()); err != nil {
			t.Fatal(err)
		}
		mail := func(_ context.Context, j brook.Job[errands.SendMail]) error {
			if j.Attempt == 1 {
				return errors.New("not yet")
			}
			return nil
		}
		app, err := errands.NewApp(c, &errands.Mailer{Mail: mail}, errands.Desk{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(ctx) }()
		placed := errands.Placed{Order: "o1", User: "u1", Mails: 1}
		if _, err := app.Publish.Placed(t.Context(), placed); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		const job = "brook.job.duration{brook.app=errands,brook.handler=Mailer.SendMail," +
			"brook.job.type=mail.send,brook.outcome="
		want(t, "metrics", m.lines(t, func(n string) bool { return n == "brook.job.duration" }),
			job+"retry,error.type=_OTHER} 1", job+"done} 1")
	})
}

// Once its attributes are made, measuring an event allocates nothing, and neither does an app whose
// traces are off.
func TestMetricsAllocateNothing(t *testing.T) {
	m := newMeasured(t)
	c := brook.Config{Author: "ledger"}
	if _, err := brookotel.Instrument(&c, m.options()); err != nil {
		t.Fatal(err)
	}
	if c.Hooks.Begin != nil || c.Hooks.Trace != nil {
		t.Error("traces are off, and something is done when an operation begins")
	}
	ctx := t.Context()
	event := brook.Operation{Kind: brook.OperationEvent, Position: brook.Position{Topic: "ledger"},
		Type: "money.moved", Known: true, Attempt: 1, Outcome: brook.OutcomeDone,
		Duration: time.Microsecond}
	handler := event
	handler.Kind, handler.Set, handler.Handler = brook.OperationSet, "Audit", "Audit.Moved"
	commit := brook.Commit{Events: 3, Unknown: 1}
	n := testing.AllocsPerRun(1000, func() {
		c.Hooks.End(ctx, &event)
		c.Hooks.End(ctx, &handler)
		c.Hooks.Commit(commit)
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Hooks that the program has are called as before.
func TestInstrumentJoins(t *testing.T) {
	m, x := newMeasured(t), newTraces(t)
	commits := 0
	c := brook.Config{Author: "ledger", Hooks: brook.Hooks{Commit: func(brook.Commit) { commits++ }}}
	o := m.options()
	o.TracerProvider = x.provider
	if _, err := brookotel.Instrument(&c, o); err != nil {
		t.Fatal(err)
	}
	c.Hooks.Commit(brook.Commit{Events: 1})
	if commits != 1 || c.Hooks.Begin == nil || c.Hooks.End == nil || c.Hooks.Trace == nil {
		t.Errorf("%d commits, hooks %+v", commits, c.Hooks)
	}
}

// reported is an app with a Status.
type reported struct{ status brook.Status }

func (r *reported) Status() brook.Status { return r.status }

// An app's Status is in the gauges, as it is when they are collected, until stop is called.
func TestGauges(t *testing.T) {
	m := newMeasured(t)
	c := brook.Config{Author: "ledger"}
	telemetry, err := brookotel.Instrument(&c, m.options())
	if err != nil {
		t.Fatal(err)
	}
	r := &reported{brook.Status{Timers: -1, State: brook.StateStarting}}
	stop, err := telemetry.Observe(r)
	if err != nil {
		t.Fatal(err)
	}
	all := func(string) bool { return true }
	states := func(is brook.State) (lines []string) {
		for _, s := range []string{"starting", "catching up", "live", "waiting for the store",
			"waiting for the log", "paused", "stopped"} {
			n := 0
			if s == string(is) {
				n = 1
			}
			lines = append(lines, fmt.Sprintf("brook.state{brook.app=ledger,brook.state=%s} %d", s, n))
		}
		return lines
	}
	const own = "{brook.app=ledger} "
	want(t, "gauges at the start", m.lines(t, all), append(states(brook.StateStarting),
		"brook.lanes"+own+"0", "brook.dead_letters.waiting"+own+"0", "brook.parked"+own+"0",
		"brook.jobs"+own+"0", "brook.outbox"+own+"0", "brook.stale"+own+"0",
		"brook.rebuild.running"+own+"0")...)
	r.status = brook.Status{
		State: brook.StateLive, Mode: brook.Mode{Lanes: 2}, Letters: 1, Parked: 2, Jobs: 3,
		Outbox: 4, Timers: 5, Stale: &brook.StaleStatus{},
		Partitions: []brook.PartitionStatus{
			{Topic: "a", Partition: 0, Next: 7, End: 9, Behind: 1500 * time.Millisecond},
			{Topic: "b", Partition: 3, Next: 1, End: 1, Stands: "why"},
		},
		Rebuild: &brook.RebuildStatus{Running: true, Progress: brook.RebuildProgress{
			Read: 10, Total: 20, Left: time.Minute}},
	}
	const (
		a = "{brook.app=ledger,messaging.destination.name=a,messaging.destination.partition.id=0} "
		b = "{brook.app=ledger,messaging.destination.name=b,messaging.destination.partition.id=3} "
	)
	want(t, "gauges", m.lines(t, all), append(states(brook.StateLive),
		"brook.lanes"+own+"2", "brook.dead_letters.waiting"+own+"1", "brook.parked"+own+"2",
		"brook.jobs"+own+"3", "brook.outbox"+own+"4", "brook.timers"+own+"5", "brook.stale"+own+"1",
		"brook.lag.records"+a+"2", "brook.lag.time"+a+"1.5", "brook.position"+a+"7",
		"brook.standing"+a+"0",
		"brook.lag.records"+b+"0", "brook.lag.time"+b+"0", "brook.position"+b+"1",
		"brook.standing"+b+"1",
		"brook.rebuild.running"+own+"1", "brook.rebuild.read"+own+"10",
		"brook.rebuild.total"+own+"20", "brook.rebuild.left"+own+"60")...)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if left := m.lines(t, all); len(left) > 0 {
		t.Errorf("stopped, and it reports %q", left)
	}
}

// Every metric is in the document, and the document has no other.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Metrics\n")
	table, _, _ = strings.Cut(table, "\n## ")
	documented := map[string]bool{}
	for line := range strings.Lines(table) {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && line[0] == '|' {
			for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(first, -1) {
				documented[name[1]] = true
			}
		}
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	measured := map[string]bool{
		messagingconv.ProcessDuration{}.Name():         true,
		messagingconv.ClientOperationDuration{}.Name(): true,
		messagingconv.ClientConsumedMessages{}.Name():  true,
		messagingconv.ClientSentMessages{}.Name():      true,
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		made := regexp.MustCompile(`(?:histogram|counter)\(&m\.\w+, "([^"]+)"|\n\t\{"(brook\.[^"]+)"`)
		for _, found := range made.FindAllStringSubmatch(string(source), -1) {
			measured[found[1]+found[2]] = true
		}
	}
	if len(measured) < 28 {
		t.Errorf("only %d metrics are found", len(measured))
	}
	for name := range measured {
		if !documented[name] {
			t.Errorf("docs/observability.md lacks %s", name)
		}
	}
	for name := range documented {
		if !measured[name] {
			t.Errorf("docs/observability.md has %s, which is not measured", name)
		}
	}
}
