package brookgen_test

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// snippets makes a test of the Go blocks of pages: those of a page run one after the other over an
// app of the shop in which ada placed the order o1.
type snippets struct {
	bodies strings.Builder
	pages  []snippetPage
	count  int
}

type snippetPage struct {
	name     string
	snippets []snippet
}

type snippet struct {
	name    string
	printed bool // the page says what it prints
	output  string
}

func (s *snippets) add(page string, b block) {
	name := goName(page)
	s.count++
	body, end := indent(b.text), "\treturn nil\n"
	lines := strings.Split(strings.TrimSpace(b.text), "\n")
	if strings.HasPrefix(lines[len(lines)-1], "return ") {
		end = ""
	}
	function := fmt.Sprintf("%s%d", name, s.count)
	fmt.Fprintf(&s.bodies, "\n// %s\nfunc %s(ctx context.Context, app *shop.App) error {\n%s%s}\n",
		page, function, body, end)
	if b.role != "" { // it is compiled only
		fmt.Fprintf(&s.bodies, "\nvar _ = %s\n", function)
		return
	}
	if n := len(s.pages); n == 0 || s.pages[n-1].name != name {
		s.pages = append(s.pages, snippetPage{name: name})
	}
	last := &s.pages[len(s.pages)-1]
	last.snippets = append(last.snippets, snippet{name: function})
}

// output notes what the snippet that was added last prints.
func (s *snippets) output(text string) {
	last := &s.pages[len(s.pages)-1]
	at := &last.snippets[len(last.snippets)-1]
	at.printed, at.output = true, text
}

func (s *snippets) source() string {
	var tests strings.Builder
	for _, p := range s.pages {
		fmt.Fprintf(&tests, "\nfunc Test_%s(t *testing.T) {\n\trun(t", p.name)
		for _, x := range p.snippets {
			fmt.Fprintf(&tests, ", snippet{%s, %t, %q}", x.name, x.printed, x.output)
		}
		tests.WriteString(")\n}\n")
	}
	text := snippetRunner + tests.String() + s.bodies.String()
	return "package snippets\n\n" + imports(text) + text
}

const snippetRunner = `
type snippet struct {
	f       func(context.Context, *shop.App) error
	printed bool
	output  string
}

func run(t *testing.T, snippets ...snippet) {
	ctx := t.Context()
	app, err := shop.NewApp(brook.Config{Author: "shop", Driver: memdriver.New(), Store: mapstore.New()}, shop.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(running) }()
	if _, err := app.Publish.UserRegistered(ctx, shop.UserRegistered{ID: "ada", Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	pos, err := app.Publish.OrderPlaced(ctx, shop.OrderPlaced{OrderID: "o1", UserID: "ada", Cents: 995})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.WaitFor(ctx, pos); err != nil {
		t.Fatal(err)
	}
	for i, s := range snippets {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout := os.Stdout
		os.Stdout = write
		err = s.f(ctx, app)
		os.Stdout = stdout
		if err != nil {
			t.Errorf("snippet %d: %v", i+1, err)
		}
		if err := write.Close(); err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(read)
		if err != nil {
			t.Fatal(err)
		}
		if s.printed && string(out) != s.output {
			t.Errorf("snippet %d prints\n%sand the page says\n%s", i+1, out, s.output)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for letter := range app.DeadLetters() {
		t.Errorf("left: %v", letter)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}
`

// known are the packages that documents use.
var known = []string{
	"context", "encoding/json", "errors", "fmt", "io", "net/http", "os", "slices", "sync/atomic",
	"testing", "time",
	"example.com/first/shop", "github.com/redis/go-redis/v9",
	module + "/runtime/badgerstore", module + "/runtime/brookhttp", module + "/runtime/brookotel", module + "/runtime/elixir", module + "/runtime/kafkadriver",
	module + "/runtime/mapstore",
	module + "/runtime/memdriver", module + "/runtime/redisstore",
}

// imports makes the imports of a file.
func imports(text string) string {
	var b strings.Builder
	b.WriteString("import (\n")
	for _, imported := range known {
		name := path.Base(imported)
		if name == "v9" {
			name = "redis"
		}
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(text) {
			fmt.Fprintf(&b, "\t%q\n", imported)
		}
	}
	if strings.Contains(text, "brook.") {
		fmt.Fprintf(&b, "\tbrook %q\n", module+"/runtime")
	}
	b.WriteString(")\n")
	return b.String()
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("\t" + line)
	}
	return b.String()
}

// goName returns the name that a page has in Go.
func goName(page string) string {
	name := strings.TrimSuffix(path.Base(page), ".md")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
