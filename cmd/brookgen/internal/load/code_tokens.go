package load

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A lexeme is a token of a declaration.
type lexeme struct {
	tok  token.Token
	text string
	id   *ast.Ident // the identifier that it is
	base bool       // id is what a selector follows
	sel  bool       // id follows a dot
	tag  bool       // of a struct
}

// between returns the tokens between two places of a file. Comments are none, nor is what only
// formatting decides: whether a line ends, and a comma stands, before a closing bracket.
func (d *declared) between(g *graph, from, to token.Pos) []lexeme {
	start, end := g.pos(from).Offset, g.pos(to).Offset
	if start < 0 || end > len(d.file.text) || start > end {
		return nil
	}
	names := map[int]lexeme{}
	at := func(n ast.Node) int { return g.pos(n.Pos()).Offset }
	d.inspect(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			x := names[at(n)]
			x.id = n
			names[at(n)] = x
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				names[at(x)] = lexeme{id: x, base: true}
			}
			names[at(n.Sel)] = lexeme{id: n.Sel, sel: true}
		case *ast.Field:
			if n.Tag != nil {
				names[at(n.Tag)] = lexeme{tag: true}
			}
		}
		return true
	})
	src := d.file.text[start:end]
	file := token.NewFileSet().AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, 0)
	var list []lexeme
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			break
		}
		x := names[start+file.Offset(pos)]
		x.tok, x.text = tok, text
		switch {
		case tok == token.SEMICOLON:
			x = lexeme{tok: tok, text: ";"}
		case text == "" || tok.IsOperator():
			x.text = tok.String()
		case x.tag:
			if x.text = tagTokens(text); x.text == `""` {
				continue
			}
		}
		if tok == token.RPAREN || tok == token.RBRACE || tok == token.RBRACK {
			if n := len(list); n > 0 && (list[n-1].tok == token.COMMA || list[n-1].tok == token.SEMICOLON) {
				list = list[:n-1]
			}
		}
		list = append(list, x)
	}
	if n := len(list); n > 0 && list[n-1].tok == token.SEMICOLON { // the end of the text
		list = list[:n-1]
	}
	return list
}

// tagTokens is a struct's tag without what decides of no value: indexes, and who may see it.
func tagTokens(literal string) string {
	tag, err := strconv.Unquote(literal)
	if err != nil {
		return literal
	}
	brook, ok := reflect.StructTag(tag).Lookup("brook")
	if !ok {
		return strconv.Quote(tag)
	}
	words := slices.DeleteFunc(strings.Split(brook, ","),
		func(w string) bool { return w == "index" || w == "pii" })
	kept := ""
	if len(words) > 0 {
		kept = "brook:" + strconv.Quote(strings.Join(words, ","))
	}
	return strconv.Quote(strings.TrimSpace(strings.Replace(tag,
		"brook:"+strconv.Quote(brook), kept, 1)))
}
