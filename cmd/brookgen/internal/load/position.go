package load

import (
	"go/token"

	"github.com/brookgen/brookgen/templates/model"
)

func position(p token.Position) model.Pos {
	return model.Pos{File: p.Filename, Line: p.Line, Col: p.Column}
}

// inSource reports whether a package's declarations were read from source, and so have exact
// positions. Nobody corrects a mistake in the runtime's.
func (g *graph) inSource(path string) bool {
	if path == runtimePath {
		return false
	}
	src := g.sources[path]
	return src != nil && src.types != nil
}
