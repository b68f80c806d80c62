package load

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Inputs are what a run read and somebody may change: the rest lies in Go's own tree and in its
// module cache, where nothing changes under one version.
type Inputs struct {
	Folders []string // of packages
	GoMods  []string // of their modules
	Trees   []string // folders of modules that were searched for packages
}

// inputs returns what g was made from.
func (g *graph) inputs() Inputs {
	folders, mods := map[string]bool{}, map[string]bool{}
	for _, p := range g.all {
		if p.Dir == "" || p.Module == nil && !slices.Contains(g.roots, p) || fixed(p) {
			continue
		}
		folders[p.Dir] = true
		if p.Module != nil && p.Module.GoMod != "" {
			mods[p.Module.GoMod] = true
		}
	}
	trees := map[string]bool{}
	for _, src := range g.sources {
		if src.code != nil {
			maps.Copy(trees, src.code.trees)
		}
	}
	return Inputs{
		slices.Sorted(maps.Keys(folders)), slices.Sorted(maps.Keys(mods)),
		slices.Sorted(maps.Keys(trees)),
	}
}

// fixed reports whether a package lies in the module cache, whose folders end in a version.
func fixed(p *packages.Package) bool {
	m := p.Module
	if m == nil || m.Main {
		return false
	}
	if m.Replace != nil {
		m = m.Replace
	}
	return m.Version != "" && strings.Contains(p.Dir, "@"+m.Version)
}
