package templates

import (
	"fmt"
	"go/token"
	"unicode"
	"unicode/utf8"

	"github.com/brookgen/brookgen/templates/model"
)

// A scope hands out identifiers, each once, and none that it was told is taken.
type scope struct {
	outer *scope
	taken map[string]bool
}

func newScope(outer *scope, taken ...string) *scope {
	s := &scope{outer, map[string]bool{}}
	for _, name := range taken {
		s.taken[name] = true
	}
	return s
}

// pick takes the first name that is free, or the last one with the least number that makes it so.
func (s *scope) pick(wanted ...string) string {
	for _, name := range wanted {
		if s.take(name) {
			return name
		}
	}
	for n := 2; ; n++ {
		if name := fmt.Sprintf("%s%d", wanted[len(wanted)-1], n); s.take(name) {
			return name
		}
	}
}

func (s *scope) take(name string) bool {
	if s.has(name) || token.IsKeyword(name) || predeclared[name] {
		return false
	}
	s.taken[name] = true
	return true
}

func (s *scope) has(name string) bool {
	return s.taken[name] || s.outer != nil && s.outer.has(name)
}

// predeclared are the names of the universe that generated code uses; nothing may hide them.
var predeclared = map[string]bool{
	"any": true, "append": true, "bool": true, "byte": true, "cap": true, "clear": true,
	"comparable": true, "copy": true,
	"delete": true, "error": true, "false": true, "float32": true, "float64": true, "init": true,
	"int": true, "int16": true,
	"int32": true, "int64": true, "int8": true, "iota": true, "len": true, "main": true,
	"make": true, "max": true, "min": true,
	"new": true, "nil": true, "panic": true, "rune": true, "string": true, "true": true,
	"uint": true, "uint16": true,
	"uint32": true, "uint64": true, "uint8": true, "uintptr": true, "_": true,
}

// lowerFirst makes an exported name unexported.
func lowerFirst(name string) string { return model.Unexported(name) }

// upperFirst makes a name exported.
func upperFirst(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[size:]
}
