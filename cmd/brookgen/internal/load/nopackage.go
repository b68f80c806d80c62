package load

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

const noModule = `no go.mod in this folder or above it: begin with "go mod init example.com/shop"`

// outsideModules returns what to do where go list fails because no module is worked on, or "".
func outsideModules(ctx context.Context, dir string) string {
	cmd := exec.CommandContext(ctx, "go", "env", "GOMOD", "GOWORK", "GO111MODULE")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	values := strings.Split(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
	switch {
	case len(values) < 3 || values[0] != os.DevNull || values[2] == "off":
		return ""
	case values[1] != "" && values[1] != "off":
		return fmt.Sprintf("this folder is in no module of the workspace %s: run brookgen in the folder of a "+
			"module, name packages of one, as in ./shop/..., or add its folder with go work use", values[1])
	}
	return noModule
}

// explain words what go list has against a pattern for who has to act on it.
func (g *graph) explain(ctx context.Context, message string) string {
	if folder, ok := strings.CutPrefix(message, "no Go files in "); ok {
		at := relative(g.dir, folder)
		if folder == g.dir {
			at = "this folder"
		}
		if below := g.pattern(folder); len(Below(ctx, folder)) > 0 {
			return fmt.Sprintf("no Go files in %s: there are packages below it, which %s names", at,
				below)
		}
		return fmt.Sprintf("no Go files in %s: write a package, or have brookgen init write one",
			at)
	}
	if rest, ok := strings.CutPrefix(message, "stat "); ok {
		if folder, ok := strings.CutSuffix(rest, ": directory not found"); ok {
			return fmt.Sprintf("there is no folder %s: name a package by its folder, as in ./shop, or all with ./...",
				relative(g.dir, folder))
		}
	}
	if rest, ok := strings.CutPrefix(message, "directory "); ok {
		if folder, _, ok := strings.Cut(rest, " outside main module or its"); ok {
			return fmt.Sprintf("%s belongs to another module: run brookgen there", folder)
		}
	}
	return message
}

// pattern is what names the packages below a folder.
func (g *graph) pattern(folder string) string {
	rel, err := filepath.Rel(g.dir, folder)
	if err != nil || rel == "." {
		return "./..."
	}
	if rel = filepath.ToSlash(rel); strings.HasPrefix(rel, "../") {
		return rel + "/..."
	}
	return "./" + rel + "/..."
}

// Below returns the packages with Go files in and below a folder. It is for hints: if go list
// fails, there are none.
func Below(ctx context.Context, folder string) []*packages.Package {
	pkgs, err := Packages(&packages.Config{
		Mode:    packages.NeedName | packages.NeedFiles,
		Context: ctx,
		Dir:     folder,
	}, "./...")
	if err != nil {
		return nil
	}
	var found []*packages.Package
	for _, p := range pkgs {
		if len(p.GoFiles) > 0 {
			found = append(found, p)
		}
	}
	return found
}

// Annotated reports whether a file of the package may hold a directive.
func Annotated(p *packages.Package) bool {
	for _, name := range p.GoFiles {
		text, err := os.ReadFile(name)
		if err == nil && !ownOutput(name, text) && strings.Contains(string(text), directivePrefix) {
			return true
		}
	}
	return false
}
