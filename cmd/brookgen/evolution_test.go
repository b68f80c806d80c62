package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
	"github.com/brookgen/brookgen/internal/race"
)

var (
	evolutions     = flag.Int("evolutions", 300, "how many evolutions TestEvolutions makes")
	evolutionsSeed = flag.Uint64("evolutions.seed", 1, "where their randomness begins")
)

// payloads is how many events of each evolution are read.
const payloads = 60

// TestEvolutions makes events up and changes them as people do. What the lock calls compatible must
// read what the old code wrote and read, without a value that is lost or misread; of what it calls
// breaking there must be an event that shows it.
func TestEvolutions(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it compiles a program, of which the race detector sees nothing")
	}
	all := make([]*mutation, *evolutions)
	var was, now, table, input strings.Builder
	for _, b := range []*strings.Builder{&was, &now} {
		fmt.Fprintf(b, "package %s\n\nimport (\n\t\"encoding/json\"\n\t\"time\"\n)\n\nvar _, _ = json.Valid, time.Now\n\n",
			map[bool]string{true: "was", false: "now"}[b == &was])
	}
	for i := range all {
		e := newEvolution(i)
		all[i] = e
		was.WriteString(e.before())
		now.WriteString(e.after())
		fmt.Fprintf(&table, "\t{again(was.DecodeE%dS1JSON, was.AppendE%dS1JSON), again(now.DecodeE%dS1JSON, now.AppendE%dS1JSON)},\n", i, i, i, i)
		for n := range payloads {
			fmt.Fprintf(&input, "%d %s\n", i, e.value(e.was, sparseness{n % 3 * 10, n % 4 * 5}, 0))
		}
	}
	dir := tempModule(t, "example.com/evolutions")
	write(t, filepath.Join(dir, "was", "was.go"), []byte(was.String()))
	write(t, filepath.Join(dir, "now", "now.go"), []byte(now.String()))
	write(t, filepath.Join(dir, "reader", "main.go"), []byte(fmt.Sprintf(readerProgram, table.String())))
	write(t, filepath.Join(dir, "reader", "input"), []byte(input.String()))
	if status, _, errs := brookgen(t, dir, "./was", "./now"); status != success {
		t.Fatalf("status %d\n%s", status, errs)
	}
	found, err := load.Load(t.Context(), dir, []string{"./was", "./now"})
	if err != nil || len(found.Diagnostics) > 0 {
		t.Fatal(err, found.Diagnostics)
	}
	locks := map[string]*lock.Lock{}
	for _, p := range found.Packages {
		if locks[p.Name], err = lock.Parse("brook.lock", lock.Of(p).Format()); err != nil {
			t.Fatal(err)
		}
	}
	out, err := goTool(dir, "run", "-gcflags=example.com/...=-N -l", "./reader", filepath.Join(dir, "reader", "input"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	outcomes := strings.Split(strings.TrimSpace(out), "\n")
	if len(outcomes) != len(all)*payloads {
		t.Fatalf("%d outcomes\n%s", len(outcomes), out)
	}
	compatible, breaking, exceptions := 0, 0, 0
	for i, e := range all {
		findings := lock.Compare(entriesOf(locks["was"], i), entriesOf(locks["now"], i), "")
		harm := e.harm(t, findings, outcomes[i*payloads:(i+1)*payloads])
		switch {
		case len(findings) == 0 && harm != "":
			t.Errorf("compatible, but %s\n%s", harm, e)
		case len(findings) == 0:
			compatible++
		case harm != "":
			breaking++
		case e.legible && onlyKinds(findings):
			exceptions++
		default:
			t.Errorf("breaking, but all is read\n%s%s", said(findings), e)
		}
	}
	t.Logf("seed %d: %d compatible, %d breaking, %d called breaking as they make something else of texts that they read",
		*evolutionsSeed, compatible, breaking, exceptions)
	if compatible < len(all)/5 || breaking < len(all)/5 || exceptions > len(all)/10 {
		t.Error("too few evolutions of a kind tell much")
	}
}

func newEvolution(i int) *mutation {
	a := &author{Rand: rand.New(rand.NewPCG(*evolutionsSeed, uint64(i))), prefix: fmt.Sprintf("E%d", i)}
	e := &mutation{author: a, was: a.event(), touched: map[int]bool{}, legible: true}
	known := map[*typ]*typ{}
	e.now = e.was.clone(known)
	for i, s := range a.made {
		a.made[i] = s.clone(known)
	}
	e.evolve(1 + a.IntN(2)*a.IntN(3))
	return e
}

func (e *mutation) before() string {
	return "//brook:event " + e.prefix + ".old\n" + declarations(e.was)
}

func (e *mutation) after() string {
	name := e.prefix + ".old"
	switch {
	case e.gone:
		name = e.prefix + ".new"
	case e.renamed:
		name = e.prefix + ".new was=" + name
	}
	return "//brook:event " + name + "\n" + declarations(e.now)
}

// declarations are the structs of an event in Go.
func declarations(t *typ) string {
	var b strings.Builder
	for _, s := range t.structs() {
		fmt.Fprintf(&b, "type %s struct {\n", s.name)
		for _, f := range s.fields {
			b.WriteString("\t" + f.source() + "\n")
		}
		b.WriteString("}\n\n")
	}
	return b.String()
}

func (e *mutation) String() string {
	return fmt.Sprintf("%s: %s\nwas:\n%snow:\n%s", e.prefix, strings.Join(e.edits, ", "), e.before(), e.after())
}

// entriesOf are those of one evolution.
func entriesOf(l *lock.Lock, i int) *lock.Lock {
	part := &lock.Lock{}
	for _, e := range l.Entries {
		if strings.HasPrefix(e.Name, fmt.Sprintf("E%d.", i)) {
			part.Entries = append(part.Entries, e)
		}
	}
	return part
}

func said(findings []lock.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.Message + "\n")
	}
	return b.String()
}

func onlyKinds(findings []lock.Finding) bool {
	for _, f := range findings {
		if f.Reason != lock.KindChanged {
			return false
		}
	}
	return true
}
