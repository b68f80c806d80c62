package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// sample is the code of a package. Tests change it.
type sample struct {
	sets        []string
	handlers    []plan.Handler
	collections []*brook.Collection
}

const (
	stock  = 0 // keyed by a string, with an index and a unique one
	orders = 1 // keyed by a string and a number
)

func newSample() *sample {
	return &sample{
		sets: []string{"Beta", "Alpha"},
		collections: []*brook.Collection{
			{Name: "stock", Shape: "string", Indexes: []brook.IndexDef{
				{Field: "Owner", Shape: "string"}, {Field: "Code", Shape: "int64", Unique: true},
			}},
			{Name: "orders", Shape: "string int64"},
		},
		handlers: []plan.Handler{
			{Set: 1, Name: "Moved", Event: "moved", Writes: []int{stock, orders}},
			{Set: 0, Name: "Created", Event: "created", Writes: []int{stock}, Acts: true},
			{Set: 1, Name: "Made", Event: "created", Writes: []int{stock}},
			{Set: 0, Name: "Seen", Event: "seen", Reads: []int{orders}},
		},
	}
}

func (s *sample) code() *plan.Code {
	return plan.New("in", s.sets, s.handlers, []string{"noise"}, s.collections, []*brook.EventDef{
		{Type: "created", Shape: "string"},
		{Type: "moved", Topic: "moves", Shape: "string"},
		{Type: "seen"},
		{Type: "noise", Topic: "noise"},
		{Type: "dated", Shape: "string int64"},
	})
}

// drop removes the handler of that name.
func (s *sample) drop(name string) {
	s.handlers = slices.DeleteFunc(s.handlers, func(h plan.Handler) bool { return h.Name == name })
}

// handler returns the handler of that name.
func (s *sample) handler(name string) *plan.Handler {
	return &s.handlers[slices.IndexFunc(s.handlers, func(h plan.Handler) bool { return h.Name == name })]
}

func TestCode(t *testing.T) {
	p := newSample().code()
	if want := []string{"in", "moves", "noise"}; !slices.Equal(p.Topics, want) {
		t.Errorf("topics %v, want %v: those of discarded events too", p.Topics, want)
	}
	if !p.Reads("noise") || p.Reads("out") || p.Topic("") != "in" || p.Topic("moves") != "moves" || !p.Acts() {
		t.Error("what it reads, or that it acts")
	}
	if !p.Handles("Alpha", "created") || p.Handles("Alpha", "seen") || !slices.Equal(p.HandlersOf("created"), []string{"Beta", "Alpha"}) {
		t.Errorf("created is handled by %v", p.HandlersOf("created"))
	}
	want := []string{"index/stock/Code", "index/stock/Owner", "rows/orders", "rows/stock"}
	if got := p.TableNames(); !slices.Equal(got, want) {
		t.Errorf("tables %v, want %v", got, want)
	}
	if got := plan.RowsTable("a/b"); got != "rows/a%2Fb" {
		t.Errorf("the table of a/b is %s", got)
	}
}

// The contract is stored: a runtime that computes another one for the same code would make every
// deployment look like one of other code. The values are those of the first runtime that had
// contracts.
func TestContractIsStable(t *testing.T) {
	p := newSample().code()
	if want := "a27deef406822983f4ba1b79"; p.Contract != want {
		t.Errorf("contract %s, want %s", p.Contract, want)
	}
	want := []string{
		"collection orders is keyed by string int64", "collection stock is keyed by string",
		"set Alpha handles created", "set Alpha handles moved", "set Beta handles created", "set Beta handles seen",
		"sets run in the order Beta, Alpha",
	}
	if got := p.Fingerprint(); !slices.Equal(got, want) {
		t.Errorf("fingerprint %q, want %q", got, want)
	}
}

func TestContract(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sample)
		same   bool
	}{
		"a set is renamed":          {func(s *sample) { s.sets[0] = "Gamma" }, true},
		"a handler is renamed":      {func(s *sample) { s.handler("Made").Name = "Built" }, true},
		"a handler acts":            {func(s *sample) { s.handler("Made").Acts = true }, true},
		"handlers in another order": {func(s *sample) { slices.Reverse(s.handlers) }, true},
		"a handler less":            {func(s *sample) { s.drop("Made") }, false},
		"it writes another one":     {func(s *sample) { s.handler("Made").Writes = []int{orders} }, false},
		"another index":             {func(s *sample) { s.collections[stock] = &brook.Collection{Name: "stock", Shape: "string"} }, false},
		"another key": {func(s *sample) {
			s.collections[orders] = &brook.Collection{Name: "orders", Shape: "string"}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample()
			c.change(s)
			if same := s.code().Contract == newSample().code().Contract; same != c.same {
				t.Errorf("the same contract: %t, want %t", same, c.same)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sample)
		want   []string
	}{
		"none":             {func(*sample) {}, nil},
		"a set is renamed": {func(s *sample) { s.sets[0] = "Gamma" }, nil},
		"a collection less": {func(s *sample) {
			s.collections = s.collections[:1]
			s.handler("Moved").Writes, s.handler("Seen").Reads = []int{stock}, nil
		}, []string{"orders is gone"}},
		"a handler less": {func(s *sample) { s.drop("Made") }, []string{"stock is made from created by Beta.Created, and was by Beta.Created, Alpha.Made"}},
		"an event less":  {func(s *sample) { s.handler("Moved").Writes = []int{orders} }, []string{"stock is no longer made from moved of topic moves"}},
		"an event more":  {func(s *sample) { s.handler("Seen").Writes = []int{orders} }, []string{"orders is made from seen of topic in too"}},
		"another key": {func(s *sample) {
			s.collections[orders] = &brook.Collection{Name: "orders", Shape: "int64"}
		}, []string{"orders is keyed by int64, and was by string int64"}},
		"another order": {func(s *sample) {
			s.handler("Created").Set, s.handler("Made").Set = 1, 0
			s.sets = []string{"Alpha", "Beta"}
			s.handler("Moved").Set, s.handler("Seen").Set = 0, 1
		}, []string{"stock is made from created in the order Alpha.Made, Beta.Created, and was in the order Beta.Created, Alpha.Made"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample()
			c.change(s)
			if got := plan.Differences(newSample().code().Made, s.code().Made); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	was := newSample().code().Made
	if got := plan.Differences(nil, was); !slices.Equal(got, []string{"orders is new", "stock is new"}) {
		t.Errorf("of what was nothing: %q", got)
	}
	moved := maps.Clone(was)
	moved["orders"] = plan.Origin{Key: "string int64", Events: []plan.Cause{{Event: "moved", Topic: "elsewhere", Handlers: []string{"Alpha.Moved"}}}}
	want := []string{"orders is made from moved of topic moves, and was from that of topic elsewhere"}
	if got := plan.Differences(moved, was); !slices.Equal(got, want) {
		t.Errorf("of another topic: %q, want %q", got, want)
	}
	if !plan.Elsewhere(moved, was) || plan.Elsewhere(was, was) || plan.Elsewhere(nil, was) {
		t.Error("rows that were made from other topics")
	}
}

func TestRenames(t *testing.T) {
	was := newSample().code().Made
	for name, c := range map[string]struct {
		change func(*sample)
		want   map[string]string
	}{
		"none":         {func(*sample) {}, map[string]string{}},
		"one set":      {func(s *sample) { s.sets[0] = "Gamma" }, map[string]string{"created Beta": "Gamma"}},
		"another set":  {func(s *sample) { s.sets[1] = "Gamma" }, map[string]string{"created Alpha": "Gamma", "moved Alpha": "Gamma"}},
		"both":         {func(s *sample) { s.sets = []string{"X", "Y"} }, map[string]string{"created Beta": "X", "created Alpha": "Y", "moved Alpha": "Y"}},
		"exchanged":    {func(s *sample) { s.sets = []string{"Alpha", "Beta"} }, map[string]string{"moved Alpha": "Beta"}},
		"one is gone":  {func(s *sample) { s.drop("Made") }, map[string]string{}},
		"a new one":    {func(s *sample) { s.sets = append(s.sets, "New"); s.handler("Moved").Set = 2 }, map[string]string{"moved Alpha": "New"}},
		"only handler": {func(s *sample) { s.handler("Made").Name = "Built" }, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample()
			c.change(s)
			if got := s.code().Renames(was); !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	if got := plan.SetsOf(was, "created"); !slices.Equal(got, []string{"Beta", "Alpha"}) {
		t.Errorf("the sets that make rows from created: %v", got)
	}
}

// partitions returns so many partitions of each topic.
func partitions(counts map[string]int) (all []brook.Partition) {
	for topic, n := range counts {
		for i := range n {
			all = append(all, brook.Partition{Topic: topic, Number: int32(i)})
		}
	}
	return all
}

func TestMode(t *testing.T) {
	even := map[string]int{"in": 4, "moves": 4, "noise": 4}
	proved := func(s *sample) {
		s.drop("Seen")
		for i := range s.handlers {
			s.handlers[i].Proved = true
		}
		s.collections[stock] = &brook.Collection{Name: "stock", Shape: "string", Indexes: []brook.IndexDef{{Field: "Owner", Shape: "string"}}}
	}
	for name, c := range map[string]struct {
		counts          map[string]int
		placed, unkeyed bool
		change          func(*sample)
		lanes           int
		reason          string
	}{
		"side by side":         {even, true, false, proved, 4, ""},
		"one partition":        {map[string]int{"in": 1, "moves": 1, "noise": 1}, true, false, proved, 1, "there is one partition"},
		"none":                 {nil, true, false, proved, 1, "there is one partition"},
		"uneven":               {map[string]int{"in": 4, "moves": 2, "noise": 4}, true, false, proved, 1, "topics have different numbers of partitions: in has 4, moves has 2"},
		"the last":             {map[string]int{"in": 4, "moves": 4, "noise": 0}, true, false, proved, 1, "in has 4, noise has 0"},
		"the first":            {map[string]int{"in": 0, "moves": 4, "noise": 4}, true, false, proved, 1, "in has 0, moves has 4"},
		"not placed":           {even, false, false, proved, 1, "the driver does not say which partition a key belongs to"},
		"unkeyed":              {even, true, true, proved, 1, "the envelope's record keys are not the events' keys"},
		"an event without key": {even, true, false, func(s *sample) { s.handlers = s.handlers[3:] }, 1, "Beta.Seen handles seen, which has no key"},
		"an index":             {even, true, false, func(s *sample) { proved(s); s.handler("Made").Indexes = []plan.IndexRef{{}} }, 1, "Alpha.Made reads stock by Owner, which may lead to any row"},
		"a unique field":       {even, true, false, func(s *sample) { s.drop("Seen") }, 1, "Alpha.Moved writes stock, whose field Code is unique among all rows"},
		"another key": {even, true, false, func(s *sample) {
			proved(s)
			s.collections[orders] = &brook.Collection{Name: "orders", Shape: "int64 string"}
		}, 1, "Alpha.Moved touches orders, whose keys (int64 string) can't begin with the key of moved (string)"},
		"keys of two shapes": {even, true, false, func(s *sample) {
			proved(s)
			s.collections[orders] = &brook.Collection{Name: "orders", Shape: "string int64"}
			s.handlers = append(s.handlers, plan.Handler{
				Name: "Dated", Event: "dated", Writes: []int{orders}, Proved: true,
			})
		}, 1, "touches orders, and Beta.Dated does so for dated, whose keys (string int64) are not those of"},
		"not proved": {even, true, false, func(s *sample) {
			proved(s)
			s.handler("Made").Proved, s.handler("Made").Doubt = false, "made.go:7: e.Other"
		},
			1, "Alpha.Made: made.go:7: e.Other is not proved"},
		"nobody looked": {even, true, false, func(s *sample) { proved(s); s.handler("Made").Proved = false }, 1, "generated by a brookgen that did not look"},
		"asserted": {even, true, false, func(s *sample) {
			proved(s)
			h := s.handler("Made")
			h.Proved, h.Partitioned, h.Doubt = false, true, "x"
		}, 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample()
			c.change(s)
			mode := s.code().Mode(partitions(c.counts), c.placed, c.unkeyed)
			if mode.Lanes != c.lanes || !strings.Contains(mode.Reason, c.reason) || (mode.Reason == "") != (c.reason == "") {
				t.Errorf("%+v, want %d lanes: %s", mode, c.lanes, c.reason)
			}
		})
	}
}

func TestUneven(t *testing.T) {
	for name, c := range map[string]struct {
		counts map[string]int
		want   bool
	}{
		"even":     {map[string]int{"in": 3, "moves": 3, "noise": 3}, false},
		"more":     {map[string]int{"in": 3, "moves": 4, "noise": 3}, true},
		"none yet": {map[string]int{"in": 3, "moves": 3}, true},
		"nothing":  {nil, false},
	} {
		if got := newSample().code().Uneven(partitions(c.counts)); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
