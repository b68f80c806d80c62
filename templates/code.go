package templates

import (
	"github.com/dave/jennifer/jen"
)

// code writes the hashes of the handlers' code, a line for each, in the order of
// engine.Definition.Handlers.
//
//	var handlerCode = []string{
//		"5f0c6a1d2e3b", // Projection.OrderPlaced
//	}
func code(n *names) *jen.File {
	if n.pkg.Contract() {
		return nil
	}
	var lines []jen.Code
	d := newDispatcher(n)
	for _, s := range n.pkg.Sets {
		for _, h := range d.handlersOf(s) {
			lines = append(lines, jen.Lit(h.Code).Op(",").Comment(s.Name+"."+h.Name))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	f := n.file()
	f.Add(comment("%s are hashes of the code of each handler, and of all that it names in the modules worked on. "+
		"By them a store knows which code made its views. \"brookgen graph -v\" says what they cover.", n.handlerCode))
	f.Var().Id(n.handlerCode).Op("=").Index().String().
		Custom(jen.Options{Open: "{", Close: "}", Multi: true}, lines...)
	return f
}
