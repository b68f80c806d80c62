package main

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
)

const toolPath = "github.com/brookgen/brookgen/cmd/brookgen"

func initCommand() command {
	return command{
		name: "init", args: "[-server] [folder]", maximum: 1,
		short: "write a first package",
		long:  initManual,
		flags: func(set *flag.FlagSet) func(*job) {
			server := set.Bool("server", false, "write a service as the program")
			return func(j *job) { j.server = *server }
		},
		run: initialise,
	}
}

func initialise(j *job) int {
	folder := "shop"
	if len(j.args) == 1 {
		folder = filepath.ToSlash(filepath.Clean(j.args[0]))
	}
	name := path.Base(folder)
	if problem := unfit(folder, name, j.server); problem != "" {
		j.complain("init: %q is no folder for a package: %s", folder, problem)
		return misuse
	}
	root, mod, err := findModule(j.dir)
	if err != nil {
		j.complain("%v", err)
		return failure
	}
	below, err := filepath.Rel(root, j.dir)
	if err != nil {
		j.complain("%v", err)
		return failure
	}
	at := "cmd/" + name
	fill := strings.NewReplacer("PACKAGE", name, "IMPORT",
		path.Join(modfile.ModulePath(mod), filepath.ToSlash(below), folder))
	files := []change{
		{path: filepath.Join(j.dir, folder, name+".go"), new: []byte(fill.Replace(firstPackage))},
	}
	wrote := folder + "/" + name + ".go"
	parts := program(j.server)
	for n, f := range parts {
		if n == len(parts)-1 {
			wrote += " and "
		} else {
			wrote += ", "
		}
		wrote += at + "/" + f.name
		files = append(files,
			change{path: filepath.Join(j.dir, at, f.name), new: []byte(fill.Replace(f.source))})
	}
	if err := create(files); err != nil {
		j.complain("init: %v", err)
		return failure
	}
	fmt.Fprintf(j.out, "wrote %s. Now run:\n\n", wrote)
	if !strings.Contains(string(mod), toolPath) {
		fmt.Fprintf(j.out, "\tgo get -tool %s\n", toolPath)
	}
	fmt.Fprintf(j.out, "\tgo generate ./%s\n", folder)
	if j.server { // it imports more than the tool does
		fmt.Fprint(j.out, "\tgo mod tidy\n")
	}
	fmt.Fprintf(j.out, "\tgo run ./%s\n", at)
	return success
}

// source is a file of the program that init writes.
type source struct{ name, source string }

// program returns the files of the program: one that runs and ends, or a service.
func program(server bool) []source {
	if server {
		return []source{{"main.go", serviceProgram}, {"backend.go", serviceBackend}, {"api.go", serviceAPI},
			{"metrics.go", serviceMetrics}}
	}
	return []source{{"main.go", firstProgram}}
}

// unfit says why a folder can't be that of a first package, whose name is that of the folder.
func unfit(folder, name string, server bool) string {
	switch {
	case !filepath.IsLocal(folder):
		return "it must lie below this one"
	case token.IsKeyword(name):
		return "its name is that of the package, and Go has a keyword " + name
	case !token.IsIdentifier(name) || name == "_":
		return "its name is that of the package, which is letters and digits, a letter first, as in " + path.Join(path.Dir(folder), "shop")
	case name == "main" || name == "init" || name == "testdata" || name == "vendor" ||
		strings.HasPrefix(name, "_"):
		return "a package of that name can't be imported, as Go has another meaning for it"
	case programNames(server)[name]:
		return "the program that uses it needs " + name + " for something else"
	case !load.IsFileName(name + ".go"):
		return name + ".go would be a test, or a file for one system alone"
	case path.Join("cmd", name) == folder:
		return "the program that uses it goes there"
	}
	if err := module.CheckImportPath(path.Join("example.com", folder)); err != nil {
		var bad *module.InvalidPathError
		if errors.As(err, &bad) {
			err = bad.Err
		}
		return "the go command refuses its path: " + err.Error()
	}
	return ""
}

// programNames are the names that mean something in the program that init writes.
func programNames(server bool) map[string]bool {
	names := map[string]bool{}
	for _, s := range program(server) {
		f, err := parser.ParseFile(token.NewFileSet(), "", s.source, parser.SkipObjectResolution)
		if err != nil {
			panic(err) // it is a constant
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && !id.IsExported() { // exported ones are members
				names[id.Name] = true
			}
			return true
		})
	}
	return names
}

// findModule gives the folder and the text of the go.mod that rules dir.
func findModule(dir string) (string, []byte, error) {
	for at := dir; ; at = filepath.Dir(at) {
		mod, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			if modfile.ModulePath(mod) == "" {
				return "", nil, fmt.Errorf("init: %s has no module line",
					filepath.Join(at, "go.mod"))
			}
			return at, mod, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, err
		}
		if at == filepath.Dir(at) {
			return "", nil, fmt.Errorf("init: there is no go.mod here. Begin with\n\n\tgo mod init example.com/shop\n\tgo get -tool %s", toolPath)
		}
	}
}

// create writes new files, all or none: it writes nothing where there is a Go file already.
func create(files []change) error {
	for _, f := range files {
		present, err := filepath.Glob(filepath.Join(escape(filepath.Dir(f.path)), "*.go"))
		if err != nil {
			return err
		}
		if len(present) > 0 {
			return fmt.Errorf("%s is there already: nothing was written", present[0])
		}
	}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
			return err
		}
	}
	return commit(files)
}
