package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// operand is a variable that a codec works on: v.Name, or *v.
type operand struct {
	render func() *jen.Statement
	deref  bool // what render gives is a pointer to the variable
}

// at is the variable that the pointer name points at.
func at(name string) operand {
	return operand{func() *jen.Statement { return jen.Id(name) }, true}
}

// variable is the variable name itself.
func variable(name string) operand {
	return operand{func() *jen.Statement { return jen.Id(name) }, false}
}

// dot is the field of o that the path leads to, without regard to nil pointers.
func (o operand) dot(path ...string) operand {
	return operand{func() *jen.Statement {
		s := o.render()
		for _, name := range path {
			s.Dot(name)
		}
		return s
	}, false}
}

// value is the variable as an expression.
func (o operand) value() *jen.Statement {
	if o.deref {
		return jen.Op("*").Add(o.render())
	}
	return o.render()
}

// selector is the variable in front of a dot or a [:].
func (o operand) selector() *jen.Statement { return o.render() }

// ref is a pointer to the variable.
func (o operand) ref() *jen.Statement {
	if o.deref {
		return o.render()
	}
	return jen.Op("&").Add(o.render())
}

// refAs is a pointer to the variable, converted where its type t has a name of its own.
func (o operand) refAs(t *model.Type) *jen.Statement {
	if t.Named == nil || predeclaredType(t) {
		return o.ref()
	}
	return jen.Parens(jen.Op("*").Add(underlying(t))).Call(o.ref())
}

// basic is the variable's value as the predeclared type name.
func (o operand) basic(t *model.Type, name string) *jen.Statement {
	if predeclaredType(t) && basicNames[t.Kind] == name {
		return o.value()
	}
	return jen.Id(name).Call(o.value())
}
