package templates

import "github.com/dave/jennifer/jen"

// line is a field of a literal that is written over several lines.
func line(name string, value jen.Code) jen.Code { return jen.Id(name).Op(":").Add(value) }

// literal writes { fields }, each on a line of its own.
func literal(fields []jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, fields...)
}

// brief is a body, of a function or a type, on one line.
func brief(code ...jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{ ", Close: " }", Separator: "; "}, code...)
}

// oneLine writes { values } on one line.
func oneLine(values ...jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ","}, values...)
}
