package load

import (
	"context"
	"fmt"
	"go/types"
	"go/version"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/tools/go/packages"
)

const rebuild = `build brookgen again with that Go, or run it as "go tool brookgen", which go builds itself`

// builtWith is the Go version that this program was compiled by.
func builtWith() string { return release(runtime.Version()) }

// release cuts what follows a version, such as a list of experiments.
func release(v string) string {
	v, _, _ = strings.Cut(strings.TrimSpace(v), " ")
	return v
}

// checkLanguage returns an error if a module that is worked on asks for a newer language than this
// program can parse.
func checkLanguage(roots []*packages.Package) error {
	for _, p := range roots {
		if p.Module == nil || p.Module.GoVersion == "" {
			continue
		}
		wants := version.Lang("go" + p.Module.GoVersion)
		if built := version.Lang(builtWith()); built != "" && version.Compare(wants, built) > 0 {
			return fmt.Errorf("module %s is written in %s, and this brookgen was built with %s: %s",
				p.Module.Path, wants, builtWith(), rebuild)
		}
	}
	return nil
}

// importExport reads the export data of a package. The reader panics at a format that it does not
// know.
func (g *graph) importExport(path string) (p *types.Package, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("%v", r)
		}
		if err != nil && g.unread == nil {
			g.unread = fmt.Errorf("can't read what go compiled of package %s: %w", path, err)
		}
	}()
	return g.compiled.Import(path)
}

// unreadable returns the error for export data that could not be read, and what to do about it.
func (g *graph) unreadable(ctx context.Context) error {
	if g.unread == nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Dir = g.dir
	out, err := cmd.Output()
	if compiler := release(string(out)); err == nil && version.Compare(compiler, builtWith()) > 0 {
		return fmt.Errorf("this brookgen was built with %s, and can't read what %s compiles: %s",
			builtWith(), compiler, rebuild)
	}
	return fmt.Errorf("%w; if go's cache is damaged, go clean -cache empties it", g.unread)
}
