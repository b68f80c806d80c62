package generate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/internal/checkout"
)

// BenchmarkCompile compiles a package of 200 types of which no two have the same shape, half events
// and half collections, with keys of several kinds and handlers that use views, indexes and
// emissions. Types that share a shape would share what generic code is compiled to. It reports
//
//	cpu-s            CPU seconds of go build, its dependencies compiled already
//	functions        functions that the compiler made; unlike seconds they do not vary
//	bare-cpu-s       the same of the package as its author wrote it
//	bare-functions
//	x-bare           cpu-s / bare-cpu-s
//	serializers-x    the same of the package with its serializers and nothing else generated
func BenchmarkCompile(b *testing.B) {
	const types = 200
	brookgen := filepath.Join(b.TempDir(), "brookgen")
	command(b, checkout.Root(b), "go", "build", "-o", brookgen, "./cmd/brookgen")
	dir := module(b, distinct(types/2))
	bare := compile(b, dir)
	command(b, dir, brookgen)
	var whole compiled
	for b.Loop() {
		whole = compile(b, dir)
	}
	for _, path := range generated(b, dir) {
		if name := filepath.Base(path); name != "brook_json_gen.go" && name != "brook_store_gen.go" {
			if err := os.Remove(path); err != nil {
				b.Fatal(err)
			}
		}
	}
	serializers := compile(b, dir)
	b.ReportMetric(whole.cpu.Seconds(), "cpu-s")
	b.ReportMetric(float64(whole.functions), "functions")
	b.ReportMetric(bare.cpu.Seconds(), "bare-cpu-s")
	b.ReportMetric(float64(bare.functions), "bare-functions")
	b.ReportMetric(whole.cpu.Seconds()/bare.cpu.Seconds(), "x-bare")
	b.ReportMetric(serializers.cpu.Seconds()/bare.cpu.Seconds(), "serializers-x")
}

// compiled is what compiling a package took.
type compiled struct {
	cpu       time.Duration // of go build and all that it started
	functions int
}

// compile builds the package of a folder. Its dependencies are compiled before.
func compile(b *testing.B, dir string) compiled {
	b.Helper()
	prepare(b, dir)
	archive := filepath.Join(b.TempDir(), "types.a")
	cmd := exec.Command("go", "build", "-o", archive, ".")
	cmd.Dir = dir
	cmd.Env = checkout.Env(b)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	cmd2 := exec.Command("go", "tool", "nm", archive)
	symbols, err := cmd2.Output()
	if err != nil {
		b.Fatalf("go tool nm: %v", err)
	}
	state := cmd.ProcessState
	return compiled{state.UserTime() + state.SystemTime(), len(text.FindAll(symbols, -1))}
}

// text matches a line of go tool nm that is of a function.
var text = regexp.MustCompile(`(?m)^ *[0-9a-f]+ [Tt] `)

// distinct is a package of n events and n collections, each with field names of its own.
func distinct(n int) string {
	var s strings.Builder
	s.WriteString("package types\n\nimport (\n\t\"time\"\n\n\tbrook \"github.com/brookgen/brookgen/runtime\"\n)\n\n// Set handles everything.\ntype Set struct{}\n")
	for i := range n {
		key := distinctKey(i)
		s.WriteString(strings.NewReplacer(
			"#", fmt.Sprint(i), "~", "`", "KEYTYPE", key.declaration, "KEY", key.name,
			"FIELDS", distinctFields(i), "NEXT", fmt.Sprint((i+1)%n),
			"INDEX", []string{"index", "unique"}[i%2],
		).Replace(distinctPair))
		s.WriteString(strings.NewReplacer(
			"#", fmt.Sprint(i), "KEY", key.name,
			"NEXT", fmt.Sprint((i+1)%n),
		).Replace(distinctHandlers[i%len(distinctHandlers)]))
	}
	return s.String()
}

// distinctPair is an event and a collection.
const distinctPair = `
KEYTYPE//brook:event event.#
type Event# struct {
	ID#     KEY    ~json:"id" brook:"key"~
	Name#   string ~json:"name"~
	Count#  int    ~json:"count"~
FIELDS}

//brook:collection collection#
type Value# struct {
	ID#     KEY               ~json:"id" brook:"key"~
	Name#   string            ~json:"name" brook:"INDEX"~
	Total#  int               ~json:"total"~
	Labels# map[string]string ~json:"labels"~
FIELDS}
`

// distinctFields is what else the types of a number have.
func distinctFields(i int) string {
	all := []string{
		"\tActive# bool ~json:\"active,omitempty\"~\n",
		"\tAt# time.Time ~json:\"at\"~\n",
		"\tTags# []string ~json:\"tags\"~\n",
		"\tRate# float64 ~json:\"rate\"~\n",
		"\tParent# *string ~json:\"parent,omitempty\"~\n",
	}
	var s strings.Builder
	for k := range 3 {
		s.WriteString(all[(i+k)%len(all)])
	}
	return strings.NewReplacer("#", fmt.Sprint(i), "~", "`").Replace(s.String())
}

// keyKind is the type of the keys of a number.
type keyKind struct{ declaration, name string }

func distinctKey(i int) keyKind {
	own := fmt.Sprintf("Key%d", i)
	switch i % 4 {
	case 1:
		return keyKind{"", "int64"}
	case 2:
		return keyKind{fmt.Sprintf("// %s is a key.\ntype %[1]s string\n\n", own), own}
	case 3:
		return keyKind{fmt.Sprintf("// %s is a key.\ntype %[1]s struct {\n\tOrg%d  string `json:\"org\"`\n\tItem%[2]d int64  `json:\"item\"`\n}\n\n",
			own, i), own}
	}
	return keyKind{"", "string"}
}

// distinctHandlers are handlers in the forms that there are.
var distinctHandlers = []string{`
//brook:handle
func (Set) Event#(e brook.Event[Event#]) brook.Change[KEY, Value#] {
	count := e.Data.Count#
	return brook.Merge(e.Data.ID#, func(v *Value#) { v.Total# += count })
}
`, `
//brook:handle
func (Set) Event#(e brook.Event[Event#], rows brook.View[KEY, Value#]) (brook.Change[KEY, Value#], error) {
	v, err := rows.Get(e.Data.ID#)
	if err != nil {
		return brook.Create(e.Data.ID#, Value#{ID#: e.Data.ID#, Name#: e.Data.Name#}), nil
	}
	v.Total# += e.Data.Count#
	return brook.Create(e.Data.ID#, v), nil
}
`, `
//brook:handle
func (Set) Event#(e brook.Event[Event#]) (row brook.Change[KEY, Value#], next brook.Emission[EventNEXT]) {
	if e.Data.Count# > 0 {
		return brook.Merge(e.Data.ID#, func(v *Value#) { v.Name# = e.Data.Name# }), brook.Emit(EventNEXT{NameNEXT: e.Data.Name#})
	}
	return brook.Delete[Value#](e.Data.ID#), next
}
`, `
//brook:handle
func (Set) Event#(e brook.Event[Event#], byName brook.Index[string, KEY, Value#]) ([]brook.Change[KEY, Value#], error) {
	var rows []brook.Change[KEY, Value#]
	for row, err := range byName.All(e.Data.Name#) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, brook.Merge(row.Key, func(v *Value#) { v.Total# += e.Data.Count# }))
	}
	return rows, nil
}
`}
