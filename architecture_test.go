// Package brookgen_test guards what concerns the repository as a whole: who may import whom, and
// that the documents tell the truth.
package brookgen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

const module = "github.com/brookgen/brookgen"

// A rule says what the files of some folders may import.
type rule struct {
	name  string
	holds func(dir string) bool           // the folders it is about, relative to the root
	allow func(dir, imported string) bool // what is imported: an import path, that of this module shortened to "./…"
	tests bool                            // holds for test files too
}

var rules = []rule{
	{
		name:  "the runtime and its in-memory adapters use the standard library and each other",
		holds: func(dir string) bool { return below("runtime")(dir) && adapted(dir) == "" },
		allow: func(_, i string) bool {
			return standard(i) || below("runtime")(local(i)) && adapted(local(i)) == "" ||
				i == "./internal/race" // a constant, for tests
		},
		tests: true,
	},
	{
		name:  "package brook stands on plain data, and knows neither who runs an app nor any driver or store",
		holds: only("runtime"),
		allow: func(_, i string) bool {
			return standard(i) || slices.Contains(ground, i)
		},
	},
	{
		name:  "what package brook stands on does not know it",
		holds: only(folders(ground)...),
		allow: func(_, i string) bool { return standard(i) || slices.Contains(ground, i) },
	},
	{
		name:  "a part of the runtime knows those below it, and none beside it",
		holds: func(dir string) bool { return layerOf("./"+dir) >= 0 },
		allow: func(dir, i string) bool {
			at := layerOf(i)
			return standard(i) || i == "./runtime" || i == "./runtime/inspect" ||
				slices.Contains(ground, i) || at >= 0 && at < layerOf("./"+dir)
		},
	},
	{
		name:  "package inspect is plain data, and what reads it",
		holds: only("runtime/inspect"),
		allow: func(_, i string) bool { return standard(i) || i == "./runtime" },
	},
	{
		name: "drivers, stores and envelopes know package brook, and not who runs an app",
		holds: only("runtime/memdriver", "runtime/mapstore", "runtime/badgerstore",
			"runtime/redisstore", "runtime/kafkadriver", "runtime/elixir"),
		allow: func(_, i string) bool { return i != "./runtime/engine" },
	},
	{
		name:  "handlers of HTTP know an app by interfaces, and not who runs it",
		holds: below("runtime/brookhttp"),
		allow: func(_, i string) bool {
			return standard(i) || i == "./runtime" || i == "./runtime/inspect" ||
				below("runtime/brookhttp")(local(i))
		},
	},
	{
		name:  "packages key, wire and pack know nothing of events",
		holds: only("runtime/key", "runtime/wire", "runtime/pack"),
		allow: func(_, i string) bool { return standard(i) || i == "./runtime/internal/spare" },
	},
	{
		name:  "drivers and stores do not know each other: they know package brook and what they share",
		holds: func(dir string) bool { return slices.Contains(adapterDirs, dir) },
		allow: func(_, i string) bool {
			return local(i) == "" || i == "./runtime" || i == "./runtime/key" ||
				slices.Contains(shared, i)
		},
	},
	{
		name:  "package brookotel knows package brook and the API of OpenTelemetry alone",
		holds: only("runtime/brookotel"),
		allow: func(_, i string) bool {
			return standard(i) || i == "./runtime" ||
				strings.HasPrefix(i, "go.opentelemetry.io/otel") && !strings.Contains(i, "/sdk")
		},
	},
	{
		name:  "what drivers or stores share knows package brook, and none of them",
		holds: only(folders(shared)...),
		allow: func(_, i string) bool { return standard(i) || i == "./runtime" },
	},
	{
		name:  "nothing but tests uses what is there for tests, and each other",
		holds: func(dir string) bool { return !slices.Contains(testRooms, "./"+dir) },
		allow: func(_, i string) bool { return !slices.Contains(testRooms, i) },
	},
	{
		name:  "the rig of tasks has those below recovery, which its users stand on",
		holds: only("runtime/internal/tasktest"),
		allow: func(_, i string) bool {
			return layerOf(i) < layerOf("./runtime/internal/recovery")
		},
		tests: true,
	},
	{
		name:  "the runtime does not reflect",
		holds: only("runtime", "runtime/key", "runtime/engine"),
		allow: func(_, i string) bool { return i != "reflect" },
	},
	{
		name:  "the model is plain data",
		holds: below("templates/model"),
		allow: func(_, i string) bool { return standard(i) && !strings.HasPrefix(i, "go/") },
		tests: true,
	},
	{
		name: "templates know the model and jennifer; the runtime by its import path alone",
		holds: func(dir string) bool {
			return below("templates")(dir) && !below("templates/model")(dir)
		},
		allow: func(_, i string) bool {
			return standard(i) && i != "go/types" || i == "./templates/model" ||
				strings.HasPrefix(i, jennifer)
		},
	},
	{
		name:  "jennifer is used in templates and nowhere else",
		holds: func(dir string) bool { return !below("templates")(dir) },
		allow: func(_, i string) bool { return !strings.HasPrefix(i, jennifer) },
		tests: true,
	},
	{
		name:  "load makes the model, and knows nothing of output",
		holds: below("cmd/brookgen/internal/load"),
		allow: func(_, i string) bool {
			return i == "./templates/model" ||
				!below("templates")(local(i)) && !below("runtime")(local(i))
		},
		tests: true,
	},
	{
		name:  "nothing but commands and tests uses what belongs to commands",
		holds: func(dir string) bool { return !below("cmd")(dir) },
		allow: func(_, i string) bool { return !below("cmd")(local(i)) },
	},
	{
		name:  "examples show what a user can do",
		holds: below("examples"),
		allow: func(dir, i string) bool {
			return standard(i) || below("runtime")(local(i)) &&
				!strings.Contains(i, "/internal/") || below("examples")(local(i)) ||
				i == "github.com/redis/go-redis/v9" || // the client that redisstore takes
				// what serves metrics
				below("examples/kafka")(dir) && (strings.HasPrefix(i, "go.opentelemetry.io/otel") ||
					strings.HasPrefix(i, "github.com/prometheus/client_golang"))
		},
		tests: true,
	},
}

// ground is what package brook stands on.
var ground = []string{
	"./runtime/key", "./runtime/wire", "./runtime/pack",
	"./runtime/internal/holds", "./runtime/internal/schema", "./runtime/internal/spare",
	"./runtime/internal/text",
}

// layers are the parts that run an app, over package brook: each may use those of the lines before
// its own. Parts of one line do not know each other.
var layers = [][]string{
	{"partition", "quiesce", "plan", "ids", "shapes", "stream", "placement", "lifetime",
		"masking", "operation"},
	{"report"},
	{"retry"},
	{"staterow", "tenancy", "ownership", "lease", "checkpoint", "overlay", "timers", "values",
		"gauge"},
	{"generation"},
	{"obsolete"},
	{"input", "txn", "deadletter", "outbox", "catalog", "watch", "repeats"},
	{"parked", "jobs"},
	{"publisher", "effects", "backfill", "delivery", "batch", "letters", "reads", "comparison"},
	{"prefetch", "emission"},
	{"processor"},
	{"task", "group", "follow"},
	{"rebuild", "recovery", "resume", "exclusive"},
	{"stale", "control", "workers", "inspection"},
	{"runner", "catchup"},
	{"status"},
}

// layerOf returns the line of layers that a package of this module stands in, len(layers) for
// package engine, -1 for all others.
func layerOf(imported string) int {
	if imported == "./runtime/engine" {
		return len(layers)
	}
	name, _ := strings.CutPrefix(imported, "./runtime/internal/")
	return slices.IndexFunc(layers, func(line []string) bool { return slices.Contains(line, name) })
}

// adapterDirs are the drivers and stores.
var adapterDirs = []string{
	"runtime/memdriver", "runtime/mapstore",
	"runtime/badgerstore", "runtime/redisstore", "runtime/kafkadriver",
}

// shared is what several drivers, or several stores, are made of.
var shared = []string{
	"./runtime/internal/division", "./runtime/internal/murmur2", "./runtime/internal/spare",
	"./runtime/internal/stored",
}

// testRooms are what tests of several packages share.
var testRooms = []string{
	"./internal/race",
	"./runtime/internal/apptest", "./runtime/internal/bells", "./runtime/internal/bytestore",
	"./runtime/internal/deploy",
	"./runtime/internal/fakestore", "./runtime/internal/grown", "./runtime/internal/ledger",
	"./runtime/internal/lending", "./runtime/internal/orgs", "./runtime/internal/parcels",
	"./runtime/internal/patients", "./runtime/internal/people", "./runtime/internal/relay", "./runtime/internal/reminders",
	"./runtime/internal/rolls", "./runtime/internal/tasktest",
}

// folders returns the folders of packages of this module.
func folders(imported []string) (dirs []string) {
	for _, i := range imported {
		dirs = append(dirs, local(i))
	}
	return dirs
}

// adapters are the packages that have something foreign to use, and what that is.
var adapters = map[string]string{
	"runtime/badgerstore": "github.com/dgraph-io/",
	"runtime/brookotel":   "go.opentelemetry.io/otel",
	"runtime/kafkadriver": "github.com/IBM/sarama",
	"runtime/redisstore":  "github.com/redis/go-redis/",
}

// adapted gives what a folder's package adapts, "" for all that are no adapters.
func adapted(dir string) string {
	for adapter, library := range adapters {
		if below(adapter)(dir) {
			return library
		}
	}
	return ""
}

const jennifer = "github.com/dave/jennifer"

// below matches a folder and all in it.
func below(root string) func(string) bool {
	return func(dir string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }
}

func only(dirs ...string) func(string) bool {
	return func(dir string) bool { return slices.Contains(dirs, dir) }
}

// standard reports whether an import path is that of the standard library: its first element has no
// dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// local gives the folder of a package of this module, "" for all others.
func local(imported string) string {
	dir, _ := strings.CutPrefix(imported, "./")
	if dir == imported {
		return ""
	}
	return dir
}

// TestArchitecture holds every Go file of the module against the rules.
func TestArchitecture(t *testing.T) {
	matched := map[string]int{}
	files := 0
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && (strings.ContainsAny(entry.Name()[:1], "._") ||
				entry.Name() == "testdata" || name == "benchmarks") {
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		files++
		name = filepath.ToSlash(name)
		dir := path.Dir(name)
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, r := range rules {
			if !r.holds(dir) || strings.HasSuffix(name, "_test.go") && !r.tests {
				continue
			}
			matched[r.name]++
			for _, spec := range f.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				if imported == module || strings.HasPrefix(imported, module+"/") {
					imported = "./" + strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
				}
				if !r.allow(dir, imported) {
					t.Errorf("%s imports %s, but %s", name, imported, r.name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if matched[r.name] == 0 && !strings.HasPrefix(r.name, "an adapter") {
			t.Errorf("no file is held by the rule %q: was a folder renamed?", r.name)
		}
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}

// TestArchitecturePicture wants the picture of the layers in ARCHITECTURE.md to have the lines of
// layers, and each room to have a paragraph.
func TestArchitecturePicture(t *testing.T) {
	text, _ := document(t, "ARCHITECTURE.md")
	_, text, _ = strings.Cut(text, "\n## The layers of the runtime\n")
	_, text, _ = strings.Cut(text, "```")
	picture, text, _ := strings.Cut(text, "```")
	_, rooms, _ := strings.Cut(text, "\n## The rooms\n")
	rooms, _, _ = strings.Cut(rooms, "\n## ")
	lines := strings.Split(picture, "\n ├")
	slices.Reverse(lines)
	if len(lines) != len(layers)+1 { // package engine is on top
		t.Fatalf("the picture has %d lines, and there are %d", len(lines), len(layers)+1)
	}
	for i, names := range layers {
		drawn := strings.FieldsFunc(lines[i], func(r rune) bool { return !unicode.IsLetter(r) })
		for _, name := range names {
			if !slices.Contains(drawn, name) {
				t.Errorf("line %d of the picture, from below, lacks %s", i+1, name)
			}
			if !strings.Contains(rooms, "`"+name+"`") {
				t.Errorf("no paragraph is about %s", name)
			}
		}
	}
}

// TestArchitectureWalks wants each walk in ARCHITECTURE.md to say how many files it names.
func TestArchitectureWalks(t *testing.T) {
	text, _ := document(t, "ARCHITECTURE.md")
	count, file := regexp.MustCompile(`(\d+) files`), regexp.MustCompile("`\\w+/\\w+\\.go`")
	for _, name := range []string{"one event", "a rebuild"} {
		_, walk, _ := strings.Cut(text, "\n## The walk of "+name+"\n")
		walk, _, _ = strings.Cut(walk, "\n## ")
		named := map[string]bool{}
		for _, f := range file.FindAllString(walk, -1) {
			named[f] = true
		}
		says := append(count.FindStringSubmatch(walk), "", "")[1]
		if says != strconv.Itoa(len(named)) {
			t.Errorf("the walk of %s says %q files, and names %d", name, says, len(named))
		}
	}
}

// TestArchitectureLocks wants the table of locks in ARCHITECTURE.md to have those of all rooms.
func TestArchitectureLocks(t *testing.T) {
	text, _ := document(t, "ARCHITECTURE.md")
	_, text, _ = strings.Cut(text, "\n## Locks\n")
	table, _, _ := strings.Cut(text, "\n## ")
	rooms := []string{"engine", "internal/holds"}
	for _, names := range layers {
		for _, name := range names {
			rooms = append(rooms, "internal/"+name)
		}
	}
	for _, room := range rooms {
		names, err := filepath.Glob("runtime/" + room + "/*.go")
		if err != nil || len(names) == 0 {
			t.Fatal(room, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, lock := range locksOf(f) {
				if !strings.Contains(table, lock+"`") {
					t.Errorf("%s: the table of locks lacks %s", name, lock)
				}
			}
		}
	}
}

// locksOf returns the fields of a file's structs that are locks, as Type.field, or .Type of a
// struct that embeds one.
func locksOf(f *ast.File) (locks []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, field := range fields.Fields.List {
			of, ok := field.Type.(*ast.SelectorExpr)
			if !ok || of.Sel.Name != "Mutex" && of.Sel.Name != "RWMutex" {
				continue
			}
			if len(field.Names) == 0 {
				locks = append(locks, "."+spec.Name.Name)
			}
			for _, name := range field.Names {
				locks = append(locks, spec.Name.Name+"."+name.Name)
			}
		}
		return false
	})
	return locks
}

// TestArchitectureStateRow wants one package to know the key of the state row, and one function in
// it to write that row.
func TestArchitectureStateRow(t *testing.T) {
	names, err := filepath.Glob("runtime/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := filepath.Glob("runtime/internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	const door = "runtime/internal/staterow"
	var commits []string
	for _, name := range append(names, rooms...) {
		dir := filepath.ToSlash(filepath.Dir(name))
		if strings.HasSuffix(name, "_test.go") || dir != door && layerOf("./"+dir) < 0 {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		function := ""
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				function = n.Name.Name
			case *ast.BasicLit:
				if n.Value == `"state"` && dir != door {
					t.Errorf("%s names the key of the state row", name)
				}
			case *ast.SelectorExpr:
				if n.Sel.Name == "Commit" && dir == door {
					commits = append(commits, function)
				}
			}
			return true
		})
	}
	if len(commits) != 1 {
		t.Errorf("the state row is written in %d places: %v", len(commits), commits)
	}
}

// TestVocabulary holds package brook to be what users name: it starts no goroutine, and has no
// channel and no lock. A pool of buffers is all that it shares.
func TestVocabulary(t *testing.T) {
	names, err := filepath.Glob("runtime/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if spec.Path.Value == `"sync/atomic"` {
				t.Errorf("%s imports sync/atomic", fset.Position(spec.Pos()))
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
				t.Errorf("%s: package brook has neither goroutines nor channels",
					fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "sync" && n.Sel.Name != "Pool" {
					t.Errorf("%s: package brook has no lock: sync.%s", fset.Position(n.Pos()),
						n.Sel.Name)
				}
			}
			return true
		})
	}
}
