package load

import (
	"go/ast"
	"go/build/constraint"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// constraintOf is the build constraint of a file: what its //go:build line says and what its name
// does, and cgo where it imports "C". It is "" for a file that belongs to every build.
func constraintOf(path string, f *ast.File) string {
	var all constraint.Expr
	and := func(x constraint.Expr) {
		if all == nil {
			all = x
		} else {
			all = &constraint.AndExpr{X: all, Y: x}
		}
	}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() < f.Package && constraint.IsGoBuild(c.Text) {
				if x, err := constraint.Parse(c.Text); err == nil {
					and(x)
				}
			}
		}
	}
	for _, tag := range fileTags(filepath.Base(path)) {
		and(&constraint.TagExpr{Tag: tag})
	}
	if slices.ContainsFunc(f.Imports,
		func(s *ast.ImportSpec) bool { return importPath(s) == "C" }) {
		and(&constraint.TagExpr{Tag: "cgo"})
	}
	if all == nil {
		return ""
	}
	return all.String()
}

// fileTags are the systems and architectures that a file's name restricts it to: none, or one of
// each.
func fileTags(name string) []string {
	name, _, _ = strings.Cut(name, ".")
	_, name, ok := strings.Cut(name, "_")
	if !ok {
		return nil
	}
	parts := strings.Split(strings.TrimSuffix("_"+name, "_test"), "_")[1:]
	n := len(parts)
	switch {
	case n >= 2 && slices.Contains(knownOS, parts[n-2]) && slices.Contains(knownArch, parts[n-1]):
		return parts[n-2:]
	case n >= 1 && (slices.Contains(knownOS, parts[n-1]) || slices.Contains(knownArch, parts[n-1])):
		return parts[n-1:]
	}
	return nil
}

// IsFileName reports whether a file of that name belongs to every build, and is no test.
func IsFileName(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && fileTags(name) == nil
}

// The systems and architectures that go/build knows, also those of the past.
var (
	knownOS = []string{
		"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux",
		"nacl", "netbsd", "openbsd",
		"plan9", "solaris", "wasip1", "windows", "zos",
	}
	knownArch = []string{
		"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle",
		"mips64", "mips64le",
		"mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x",
		"sparc", "sparc64", "wasm",
	}
)

// checkConstraints sees to it that all that is annotated belongs to the same builds, which the
// output repeats: one output can't serve several.
func (a *analysis) checkConstraints() {
	var first *mark
	for _, m := range a.marks {
		if m.spec == nil && m.fn == nil {
			continue
		}
		if first == nil {
			first = m
			a.out.Constraint = m.file.constraint
			continue
		}
		if m.file.constraint != first.file.constraint {
			a.report(at(m.comment), "this is annotated for %s, and %s for %s: one output can't serve both, so move one of them",
				builds(m.file.constraint), a.short(a.place(first.comment.Pos())), builds(first.file.constraint))
		}
	}
	if first == nil {
		return
	}
	for _, f := range a.src.others() {
		if f.test {
			continue
		}
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, directivePrefix) {
					a.report(at(c), "this is annotated for %s, which the present one is not, and %s for %s: one output can't serve both, so move one of them",
						builds(f.constraint), a.short(a.place(first.comment.Pos())), builds(a.out.Constraint))
				}
			}
		}
	}
}

// checkBuilds reports types that generated code spells out and that other builds may declare in
// another way.
func (a *analysis) checkBuilds() {
	told := map[*ast.TypeSpec]bool{}
	for _, f := range a.src.files {
		if f.constraint == "" || f.constraint == a.out.Constraint {
			continue
		}
		for _, d := range f.decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range gen.Specs {
				spec, ok := s.(*ast.TypeSpec)
				if !ok || told[spec] {
					continue
				}
				obj := a.src.info.Defs[spec.Name]
				if a.marked[obj] != nil || a.sets[obj] == nil && !a.reached(spec) {
					continue
				}
				told[spec] = true
				a.report(at(spec.Name), "%s is declared for %s alone, and what is generated for %s needs it: move it to a file for these",
					spec.Name.Name, builds(f.constraint), builds(a.out.Constraint))
			}
		}
	}
}

func builds(constraint string) string {
	if constraint == "" {
		return "every build"
	}
	return "builds with " + constraint
}

// OtherBuilds reports whether a folder has directives in files that build constraints may leave
// out, so that a run that finds none can't tell what was generated for them from what is left over.
func OtherBuilds(dir string) bool {
	names, err := filepath.Glob(filepath.Join(escaped(dir), "*.go"))
	if err != nil {
		return true
	}
	fset := token.NewFileSet()
	for _, name := range names {
		if base := filepath.Base(name); strings.HasSuffix(base, "_test.go") ||
			strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
			continue
		}
		f := &file{path: name}
		f.read(fset)
		if f.err != nil || f.ast != nil && f.constraint != "" && f.constraint != "ignore" &&
			(&source{files: []*file{f}}).hasDirective() {
			return true
		}
	}
	return false
}
