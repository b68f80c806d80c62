package templates

import (
	"bytes"
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// File is one generated file.
type File struct {
	Name   string // beside the author's files
	Source []byte // formatted
}

// artefacts are the emitters, each of which writes one file, or nil where it has nothing to say.
var artefacts = []struct {
	name string
	file func(*names) *jen.File
}{
	{"events", events},
	{"json", (*names).jsonFile},
	{"clone", (*names).cloneFile},
	{"store", (*names).storeFile},
	{"keys", keys},
	{"views", views},
	{"history", history},
	{"dispatch", dispatch},
	{"code", code},
	{"app", app},
}

// Generate writes the files of a package, brook_<artefact>_gen.go. An error means that a template
// is wrong: whatever the author can do about is found before.
func Generate(p *model.Package) ([]File, error) {
	n := newNames(p)
	var files []File
	for _, a := range artefacts {
		f := a.file(n)
		if f == nil {
			continue
		}
		name := "brook_" + a.name + "_gen.go"
		var source bytes.Buffer
		if err := f.Render(&source); err != nil {
			return nil, fmt.Errorf("%s of package %s: %w", name, p.Path, err)
		}
		sorted, err := grouped(source.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s of package %s: %w", name, p.Path, err)
		}
		files = append(files, File{name, sorted})
	}
	return files, nil
}
