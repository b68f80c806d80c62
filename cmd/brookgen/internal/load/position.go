package load

import (
	"go/token"

	"github.com/brookgen/brookgen/templates/model"
)

func position(p token.Position) model.Pos {
	return model.Pos{File: p.Filename, Line: p.Line, Col: p.Column}
}

// inSource reports whether a package's declarations were read from source, and so have exact positions.
func (g *graph) inSource(path string) bool {
	src := g.sources[path]
	return src != nil && src.types != nil
}
