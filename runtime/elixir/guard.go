package elixir

import "errors"

// guard refuses objects that readers would take for something else.
type guard struct{ keyword, list bool }

// member notes a member. The writer is at its value.
func (g *guard) member(w *writer, name []byte) {
	kind := w.d.Kind()
	switch string(name) {
	case brookKey, serdeKey:
		w.d.Fail(w.d.Offset(),
			errors.New("this member stands where the name of its struct belongs: "+
				"Brook would take its object for one, as elixir.Struct makes it"))
	case "keyword":
		g.keyword = kind == 't'
	case "list":
		g.list = true
	}
}

// end checks the object that began at an offset.
func (g *guard) end(w *writer, start int) {
	if g.keyword && g.list && w.format == BrookSerializer {
		w.d.Fail(start,
			errors.New("with a keyword that is true and a list, Brook would take this object for "+
				"a keyword list, as elixir.Keyword makes one"))
	}
}
