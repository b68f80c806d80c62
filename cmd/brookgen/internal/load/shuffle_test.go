package load

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/brookgen/brookgen/internal/checkout"
)

// TestShuffled: the order of methods, the files that they are in, and the order of options mean
// nothing.
func TestShuffled(t *testing.T) {
	for _, name := range []string{"shop", "handlers", "stale"} {
		archive, err := txtar.ParseFile(filepath.Join(checkout.Root(t), "testdata", "load",
			name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				a := archive
				if seed > 0 {
					a = shuffled(t, archive, rand.New(rand.NewPCG(seed, 1)))
				}
				dir := extract(t, a)
				found, err := Load(context.Background(), dir, nil)
				if err != nil || len(found.Diagnostics) > 0 || len(found.Packages) != 1 {
					t.Fatal(found, err)
				}
				got := dump(found.Packages[0])
				if seed == 0 {
					want = got
				}
				if got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// shuffled moves all methods to a file of their own, in random order, and options about.
func shuffled(t *testing.T, archive *txtar.Archive, random *rand.Rand) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{}
	var methods []string
	imports := map[string]bool{}
	for _, f := range archive.Files {
		if !strings.HasSuffix(f.Name, ".go") || ownOutput(f.Name, f.Data) {
			out.Files = append(out.Files, f)
			continue
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, f.Name, f.Data, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		rest, last := "", 0
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := fset.Position(fn.Pos()).Offset, fset.Position(fn.End()).Offset
			if fn.Doc != nil {
				from = fset.Position(fn.Doc.Pos()).Offset
			}
			rest += string(f.Data[last:from])
			methods = append(methods, string(f.Data[from:to]))
			last = to
		}
		for _, spec := range tree.Imports {
			text := spec.Path.Value
			if spec.Name != nil {
				text = spec.Name.Name + " " + text
			}
			imports[text] = true
		}
		rest += string(f.Data[last:])
		out.Files = append(out.Files, txtar.File{Name: f.Name, Data: shuffledOptions(rest, random)})
	}
	random.Shuffle(len(methods), func(i, j int) { methods[i], methods[j] = methods[j], methods[i] })
	var file bytes.Buffer
	file.WriteString("package shop\n\n")
	for spec := range imports {
		fmt.Fprintf(&file, "import %s\n", spec)
	}
	file.WriteString("\n" + strings.Join(methods, "\n\n") + "\n")
	name := []string{"0_methods.go", "z_methods.go"}[random.IntN(2)]
	out.Files = append(out.Files, txtar.File{Name: name, Data: file.Bytes()})
	return out
}

func shuffledOptions(src string, random *rand.Rand) []byte {
	lines := strings.Split(src, "\n")
	for i, line := range lines {
		words := strings.Fields(line)
		if len(words) < 3 || !strings.HasPrefix(strings.TrimSpace(line), directivePrefix) {
			continue
		}
		opts := words[2:]
		random.Shuffle(len(opts), func(i, j int) { opts[i], opts[j] = opts[j], opts[i] })
		lines[i] = strings.Join(words, " ")
	}
	return []byte(strings.Join(lines, "\n"))
}
