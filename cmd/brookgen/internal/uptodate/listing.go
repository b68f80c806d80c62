package uptodate

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// moduleFiles are the files besides Go files that decide which packages there are.
var moduleFiles = []string{"go.mod", "go.sum", "go.work", "go.work.sum", "vendor/modules.txt"}

// list returns the paths of all files that a run in dir depends on, sorted: the Go files and locks
// in folders and below trees, and the module files of modules, and beside and above dir, whether
// these are there or not.
func list(dir string, mods, folders, trees []string) ([]string, error) {
	paths, seen := map[string]bool{}, map[string]bool{}
	modules := func(folder string) {
		for _, name := range moduleFiles {
			paths[filepath.Join(folder, filepath.FromSlash(name))] = true
		}
	}
	for at := dir; ; at = filepath.Dir(at) {
		modules(at)
		if at == filepath.Dir(at) {
			break
		}
	}
	roots := map[string]bool{}
	for _, mod := range mods {
		modules(filepath.Dir(mod))
		roots[filepath.Dir(mod)] = true
	}
	// A go.mod that appears between a package and its module's makes it another module's.
	between := func(folder string) {
		for at := folder; !roots[at] && at != filepath.Dir(at); at = filepath.Dir(at) {
			paths[filepath.Join(at, "go.mod")] = true
		}
	}
	files := func(folder string) error {
		if seen[folder] {
			return nil
		}
		seen[folder] = true
		entries, err := os.ReadDir(folder)
		for _, e := range entries {
			if name := e.Name(); !e.IsDir() &&
				(name == "go.mod" || name == "brook.lock" || strings.HasSuffix(name, ".go")) {
				paths[filepath.Join(folder, name)] = true
			}
		}
		return err
	}
	for _, folder := range folders {
		between(folder)
		if err := files(folder); err != nil {
			return nil, err
		}
	}
	for _, tree := range trees {
		err := filepath.WalkDir(tree, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case !e.IsDir():
				return nil
			case path != tree && passedOver(e.Name()):
				return filepath.SkipDir
			}
			return files(path)
		})
		if err != nil {
			return nil, err
		}
	}
	sorted := make([]string, 0, len(paths))
	for path := range paths {
		sorted = append(sorted, path)
	}
	slices.Sort(sorted)
	return sorted, nil
}

// passedOver reports whether the go command finds no packages in a folder of that name, see "go
// help packages".
func passedOver(name string) bool {
	return name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// recordable reports whether the packages that patterns match can be told from folders alone.
func recordable(patterns []string) bool {
	return !slices.ContainsFunc(patterns, func(p string) bool {
		switch p {
		case "all", "std", "cmd", "tool", "work":
			return true
		}
		return strings.HasPrefix(p, "-") || strings.HasSuffix(p, ".go") ||
			strings.Contains(p, "=") || strings.Contains(p, "@") ||
			strings.Contains(p, "...") && !strings.HasPrefix(p, "./") && !strings.HasPrefix(p, "../")
	})
}

// trees returns the folders that patterns with wildcards are matched below.
func trees(dir string, patterns []string) (roots []string) {
	for _, p := range patterns {
		before, _, ok := strings.Cut(p, "...")
		if !ok {
			continue
		}
		if i := strings.LastIndex(before, "/"); i >= 0 { // ./sho... may match ./shop
			before = before[:i]
		}
		roots = append(roots, filepath.Join(dir, filepath.FromSlash(before)))
	}
	return roots
}
