package brookhttp

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// counting is an app whose partition moves by 10 records each time that its status is asked for.
type counting struct {
	state brook.State
	next  int64
	asked int
}

func (c *counting) Status() brook.Status {
	c.asked++
	c.next += 10
	return brook.Status{State: c.state, Partitions: []brook.PartitionStatus{
		{Topic: "a", Next: c.next, End: c.next + 5, Behind: time.Second},
	}}
}

func (c *counting) Inspect() inspect.Inspector { return handled{n: c.next} }
func (*counting) Pause(context.Context) error  { return nil }
func (*counting) Resume()                      {}

// handled is an inspector of an app with two handlers, of which the first gets all events.
type handled struct {
	inspect.Inspector
	n int64
}

func (h handled) Counts() inspect.Counts {
	return inspect.Counts{Handlers: []inspect.HandlerCount{{Taken: h.n - 1, Failed: 1}, {}}}
}

func TestSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := &counting{state: brook.StateLive}
		s := newSampler(app, time.Now)
		defer s.close()
		time.Sleep(sampleEvery * (mostSamples + 10)) // by the bubble's clock
		synctest.Wait()
		history := s.history()
		if len(history) != mostSamples {
			t.Fatalf("%d samples are kept", len(history))
		}
		last := history[len(history)-1]
		if last.Lag != 5 || last.Behind != 1 || math.Abs(last.Rate-2) > 0.01 {
			t.Errorf("the last sample is %+v", last)
		}
		if r := rate(history); math.Abs(r-2) > 0.01 {
			t.Errorf("the rate is %g", r)
		}
		if r := s.rates(); len(r) != 2 || math.Abs(r[0]-2) > 0.01 || r[1] != 0 {
			t.Errorf("the rates of handlers are %v", r)
		}
		if len(s.tallies) != rateSamples+1 {
			t.Errorf("%d tallies are kept", len(s.tallies))
		}
		if took := last.Time.Sub(history[0].Time); took != sampleEvery*(mostSamples-1) {
			t.Errorf("they are of %s", took)
		}
	})
}

// While the app is stopped and nobody asks, no samples are taken.
func TestSamplerRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := &counting{state: brook.StateStopped}
		s := newSampler(app, time.Now)
		defer s.close()
		time.Sleep(time.Hour)
		synctest.Wait()
		if app.asked > 3 {
			t.Errorf("asked %d times", app.asked)
		}
		app.state = brook.StateLive
		s.wake()
		time.Sleep(time.Minute)
		synctest.Wait()
		if app.asked < 10 {
			t.Errorf("asked %d times after it was woken", app.asked)
		}
		s.close()
		before := app.asked
		time.Sleep(time.Hour)
		synctest.Wait()
		s.wake()
		time.Sleep(time.Hour)
		synctest.Wait()
		if app.asked != before {
			t.Errorf("asked %d times after close", app.asked-before)
		}
	})
}

// Partitions that come, go and are folded anew make no rate of their own.
func TestRatesOfPartitionsThatMove(t *testing.T) {
	now := time.Now()
	app := &moving{}
	s := &sampler{app: app, now: func() time.Time { return now }}
	for _, c := range []struct {
		partitions []brook.PartitionStatus
		want       float64
	}{
		{[]brook.PartitionStatus{{Topic: "a", Next: 1000}}, 0},
		{[]brook.PartitionStatus{{Topic: "a", Next: 1010}, {Topic: "b", Next: 5000}}, 1},
		{[]brook.PartitionStatus{{Topic: "b", Next: 5020}}, 2},
		{[]brook.PartitionStatus{{Topic: "b", Next: 0}, {Topic: "a", Next: 1010}}, 0},
	} {
		now = now.Add(10 * time.Second)
		app.partitions = c.partitions
		s.take()
		if got := s.ring[len(s.ring)-1].Rate; got != c.want {
			t.Errorf("%+v: %g a second, want %g", c.partitions, got, c.want)
		}
	}
}

type moving struct {
	counting
	partitions []brook.PartitionStatus
}

func (m *moving) Status() brook.Status { return brook.Status{Partitions: m.partitions} }

func TestCurves(t *testing.T) {
	value := func(x sample) float64 { return float64(x.Lag) }
	at := time.Now()
	if c := newCurve("t", nil, value, perSecond); c.Line != "" || c.Now != "0" {
		t.Errorf("nothing: %+v", c)
	}
	c := newCurve("t", []sample{{Time: at}, {Time: at.Add(15 * time.Minute), Lag: 40},
		{Time: at.Add(30 * time.Minute), Lag: 20}}, value, perSecond)
	if c.Line != "M0.0 98.0L180.0 4.0L360.0 51.0" || c.Now != "20" || c.Most != "40" {
		t.Errorf("%+v", c)
	}
	if c.Area != c.Line+"L360 100L0.0 100Z" {
		t.Errorf("area %s", c.Area)
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		number(0): "0", number(-1234567): "−1,234,567", number(999): "999", number(1000): "1,000",
		number(math.MaxInt64): "9,223,372,036,854,775,807",
		span(0):               "0 s", span(1500 * time.Millisecond): "1.5 s",
		span(time.Minute):      "1 min 0 s",
		span(90 * time.Minute): "1 h 30 min", span(49 * time.Hour): "2 d 1 h",
		span(-time.Second): "−1.0 s", span(30 * time.Microsecond): "30 µs",
		bytesOf(1023): "1,023 B", bytesOf(1536): "1.5 KiB", bytesOf(3 << 20): "3.0 MiB",
		short(3, "abc"): "abc", short(3, "abcd"): "abc…", short(2, "aéb"): "a…",
		short(4, "\xff\xffabc"): "\xff\xffab…",
		perSecond(0.25):         "0.2", perSecond(1234.6): "1,235",
		href("rows", "collection", "a b", "index", ""):            "rows?collection=a+b",
		href("rows", "key", new("k")):                             "rows?key=k",
		string(visible([]byte("a\x00\n\t\x7f\xff\u202e\u0085é"))): "a␀\n\t␡\ufffd\ufffd\ufffdé",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
