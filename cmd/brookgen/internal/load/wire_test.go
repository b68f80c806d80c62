package load

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/templates/model"
)

// jsonV2 reports whether encoding/json stands on its version 2, as from Go 1.27 on.
var jsonV2 = reflect.TypeFor[json.RawMessage]().Name() != "RawMessage"

// TestWireFields compares promotion, shadowing, order and the string option with encoding/json
// itself.
func TestWireFields(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "wire_cases_test.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("load", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(&graph{fset: fset, sources: map[string]*source{}}, pkg)
	cases := b.of(pkg.Scope().Lookup("wireCases").Type())
	values := reflect.ValueOf(new(wireCases)).Elem()
	if values.NumField() == 0 {
		t.Fatal("no case")
	}
	for i := range values.NumField() {
		name := values.Type().Field(i).Name
		t.Run(name, func(t *testing.T) {
			fillPointers(values.Field(i), 3)
			got := wireList(cases.Fields[i].Type)
			want := jsonText(t, values.Field(i).Interface())
			if name == "OddTags" && jsonV2 {
				want = []string{"F", "G", "J"} // as encoding/json had it before: a name on the wire does not depend on the toolchain
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, encoding/json has %q", got, want)
			}
		})
	}
}

// wireList lists the fields of a struct, and which of them are quoted.
func wireList(m *model.Type) []string {
	var list []string
	for _, f := range m.JSON {
		if f.OmitEmpty {
			continue
		}
		name := f.Name
		if f.String {
			name += " quoted"
		}
		list = append(list, name)
	}
	return list
}

// jsonText lists the members that encoding/json writes.
func jsonText(t *testing.T, v any) []string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var list []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		name := key.(string)
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if value[0] == '"' && string(value) != `"x"` {
			name += " quoted"
		}
		list = append(list, name)
	}
	return list
}

// fillPointers lets every pointer that can be set point somewhere, and every string be x, so that
// only the string option quotes further.
func fillPointers(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		if depth > 0 && v.CanSet() {
			v.Set(reflect.New(v.Type().Elem()))
			fillPointers(v.Elem(), depth-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillPointers(v.Field(i), depth)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString("x")
		}
	}
}
