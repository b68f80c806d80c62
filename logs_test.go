package brookgen_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A logLine is a line that the runtime writes to the log.
type logLine struct {
	level   string // INFO, WARN or ERROR; "any" if the caller says it
	message string // with … for what is not always the same
	attrs   string // the names, sorted, with blanks between
}

func (l logLine) String() string { return l.level + " " + l.message + " (" + l.attrs + ")" }

// logSource reads the lines out of the source of one package of the runtime.
type logSource struct {
	t     *testing.T
	name  string // of the file
	lines []logLine
	tried []string // what is tried again, or takes long: the lines of package report are about it
	slow  []string
}

// TestDocumentedLogs wants docs/logs.md to have every line that the runtime writes, with its level and
// its attributes, and nothing else.
func TestDocumentedLogs(t *testing.T) {
	var code, tried, slow []string
	for _, name := range sourceFiles(t) {
		dir, _, _ := strings.Cut(name, "/")
		room := "./" + name[:max(strings.LastIndexByte(name, '/'), 0)]
		if dir != "runtime" || strings.HasSuffix(name, "_test.go") || slices.Contains(testRooms, room) ||
			slices.ContainsFunc([]string{"brooktest/", "storetest/", "drivertest/"},
				func(test string) bool { return strings.HasPrefix(name, "runtime/"+test) }) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := &logSource{t: t, name: name}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				s.function(fn)
			}
		}
		for _, l := range s.lines {
			code = append(code, l.String())
		}
		tried, slow = append(tried, s.tried...), append(slow, s.slow...)
	}
	text, _ := document(t, "docs/logs.md")
	compareLists(t, "lines", code, tableOf(t, text, "level", func(cells []string) string {
		return logLine{cells[0], unquoted(cells[1]), attributes(cells[2])}.String()
	}))
	compareLists(t, "what is tried again", tried, tableOf(t, text, "what", func(cells []string) string {
		return unquoted(cells[0])
	}))
	named, err := os.ReadFile("runtime/brookotel/metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range tried {
		if word, _, _ := strings.Cut(what, " "); !strings.Contains(string(named), strconv.Quote(word)+": true") {
			t.Errorf("failureNames in runtime/brookotel/metrics.go lacks %q, of %q", word, what)
		}
	}
	compareLists(t, "what takes long", slow, tableOf(t, text, "step", func(cells []string) string {
		return unquoted(cells[0])
	}))
}

// compareLists compares what the code has with what the page has.
func compareLists(t *testing.T, what string, code, page []string) {
	t.Helper()
	code = slices.Compact(slices.Sorted(slices.Values(code)))
	for _, l := range code {
		if !slices.Contains(page, l) {
			t.Errorf("docs/logs.md lacks, of %s: %s", what, l)
		}
	}
	for i, l := range page {
		if !slices.Contains(code, l) {
			t.Errorf("docs/logs.md has what the runtime does not log, of %s: %s", what, l)
		}
		if slices.Contains(page[:i], l) {
			t.Errorf("docs/logs.md has it twice, of %s: %s", what, l)
		}
	}
	if len(code) < 3 {
		t.Errorf("only %d %s were found in the code", len(code), what)
	}
}

// tableOf returns a text of each row of the tables whose first column has that head.
func tableOf(t *testing.T, page, head string, row func(cells []string) string) (rows []string) {
	t.Helper()
	in := false
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			in = false
		case !in && cells[0] == head:
			in = true
		case in && !strings.HasPrefix(cells[0], "---"):
			if slices.Contains(cells, "") && cells[len(cells)-1] == "" {
				t.Errorf("docs/logs.md says nothing of %s", line)
			}
			rows = append(rows, row(cells))
		}
	}
	return rows
}

func unquoted(cell string) string { return strings.Trim(cell, "`") }

var attributeName = regexp.MustCompile("`([a-z_]+)`")

// attributes returns the names of a cell, sorted.
func attributes(cell string) string {
	var names []string
	for _, m := range attributeName.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// whatOf are functions that are told what is done, and as which argument.
var whatOf = map[string]int{"Do": 1, "DoApart": 1, "Ask": 1, "DoPausing": 1, "Recovered": 0, "adoptAll": 1}

var reporter = regexp.MustCompile(`(^|\.)([rR]eport(er)?|log|r)$`)

// levels are methods that write a line.
var levels = map[string]string{"Debug": "DEBUG", "Info": "INFO", "Warn": "WARN", "Error": "ERROR"}

// function reads the lines that a function writes.
func (s *logSource) function(fn *ast.FuncDecl) {
	inReport := strings.HasPrefix(s.name, "runtime/internal/report/")
	if inReport && levels[fn.Name.Name] != "" {
		return // of a Reporter: what its callers write is looked for
	}
	alias := map[string][]string{} // variables that are methods, by level
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if sel, ok := n.Rhs[0].(*ast.SelectorExpr); ok && levels[sel.Sel.Name] != "" {
				if id, ok := n.Lhs[0].(*ast.Ident); ok {
					alias[id.Name] = append(alias[id.Name], levels[sel.Sel.Name])
				}
			}
		case *ast.CompositeLit:
			if typ := fmt.Sprint(exprText(n.Type)); typ == "brook.Failure" {
				s.failure(fn, n)
			}
		case *ast.CallExpr:
			s.call(fn, n, alias)
		}
		return true
	})
}

func (s *logSource) call(fn *ast.FuncDecl, call *ast.CallExpr, alias map[string][]string) {
	if id, ok := call.Fun.(*ast.Ident); ok {
		for _, level := range alias[id.Name] {
			s.line(fn, level, call.Args)
		}
		return
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	name := sel.Sel.Name
	on := exprText(sel.X)
	reports := reporter.MatchString(on)
	switch i, told := whatOf[name]; {
	case levels[name] != "" && len(call.Args) > 0 && reports:
		s.line(fn, levels[name], call.Args)
	case name == "Log" && on == "l.log":
		s.line(fn, "any", call.Args[2:])
	case name == "Slow" && reports:
		s.slow = append(s.slow, s.text(fn, call.Args[0]))
	case told && len(call.Args) > i && (name != "Do" && name != "Ask" || retries.MatchString(on)):
		s.try(fn, call.Args[i])
	}
}

var retries = regexp.MustCompile(`(^|\.)[rR]etry$`)

// try adds what is tried again. Those who pass on what they are told are named here.
func (s *logSource) try(fn *ast.FuncDecl, what ast.Expr) {
	text := s.text(fn, what)
	if text != "…" {
		s.tried = append(s.tried, text)
	} else if !strings.HasPrefix(s.name, "runtime/internal/retry/") && fn.Name.Name != "adoptAll" {
		s.t.Errorf("%s: %s: what fails is no text here, so nobody can look it up in docs/logs.md",
			s.name, fn.Name.Name)
	}
}

// failure reads what failed.
func (s *logSource) failure(fn *ast.FuncDecl, lit *ast.CompositeLit) {
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if ok && exprText(kv.Key) == "What" {
			s.try(fn, kv.Value)
		}
	}
}

// line adds a line with these arguments.
func (s *logSource) line(fn *ast.FuncDecl, level string, args []ast.Expr) {
	l := logLine{level: level, message: s.text(fn, args[0])}
	if !strings.Contains(s.name, "store/") && !strings.Contains(s.name, "driver/") {
		l.message = "brook: " + l.message
	}
	var names []string
	rest := args[1:]
	for i := 0; i < len(rest); i++ {
		if name, ok := literalText(rest[i]); ok {
			names = append(names, name)
			i++
			continue
		}
		names = append(names, listed(fn)...) // args...
	}
	slices.Sort(names)
	l.attrs = strings.Join(slices.Compact(names), " ")
	s.lines = append(s.lines, l)
}

// text returns the text of an expression, with … for what is no literal.
func (s *logSource) text(fn *ast.FuncDecl, e ast.Expr) string {
	if text, ok := literalText(e); ok {
		return text
	}
	if b, ok := e.(*ast.BinaryExpr); ok && b.Op == token.ADD {
		return strings.ReplaceAll(s.text(fn, b.X)+s.text(fn, b.Y), "……", "…")
	}
	return "…"
}

// literalText returns the text of a string literal, or of several with + between.
func literalText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, ok := literalText(e.X)
		y, also := literalText(e.Y)
		return x + y, ok && also && e.Op == token.ADD
	}
	return "", false
}

// listed returns the names of attributes in lists that a function makes: []any{"a", a} and
// append(args, "b", b).
func listed(fn *ast.FuncDecl) (names []string) {
	pairs := func(list []ast.Expr) {
		for i := 0; i < len(list); i += 2 {
			if name, ok := literalText(list[i]); ok {
				names = append(names, name)
			}
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if exprText(n.Type) == "[]any" {
				pairs(n.Elts)
			}
		case *ast.CallExpr:
			if exprText(n.Fun) == "append" && exprText(n.Args[0]) == "args" && n.Ellipsis == 0 {
				pairs(n.Args[1:])
			}
		}
		return true
	})
	return names
}

// exprText returns an expression of names as text: a.b.c, []any.
func exprText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return exprText(e.X) + "." + e.Sel.Name
	case *ast.ArrayType:
		return "[]" + exprText(e.Elt)
	case *ast.StarExpr:
		return exprText(e.X)
	}
	return ""
}
