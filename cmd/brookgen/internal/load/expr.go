package load

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// expr writes t as Go source with aliases resolved at every depth, so that one type has one text.
func expr(t types.Type, qualify func(*types.Package) string) string {
	var sb strings.Builder
	writeExpr(&sb, t, qualify)
	return sb.String()
}

func writeExpr(sb *strings.Builder, t types.Type, qualify types.Qualifier) {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			sb.WriteString("unsafe.Pointer")
		} else {
			sb.WriteString(basicName(t))
		}
	case *types.Named:
		pkg, name := origin(t)
		if pkg != nil {
			if q := qualify(pkg); q != "" {
				sb.WriteString(q + ".")
			}
		}
		sb.WriteString(name)
		for i, arg := range typeList(t) {
			sb.WriteString([]string{"[", ", "}[min(i, 1)])
			writeExpr(sb, arg, qualify)
		}
		if t.TypeArgs().Len() > 0 {
			sb.WriteString("]")
		}
	case *types.Pointer:
		sb.WriteString("*")
		writeExpr(sb, t.Elem(), qualify)
	case *types.Slice:
		sb.WriteString("[]")
		writeExpr(sb, t.Elem(), qualify)
	case *types.Array:
		fmt.Fprintf(sb, "[%d]", t.Len())
		writeExpr(sb, t.Elem(), qualify)
	case *types.Map:
		sb.WriteString("map[")
		writeExpr(sb, t.Key(), qualify)
		sb.WriteString("]")
		writeExpr(sb, t.Elem(), qualify)
	case *types.Struct:
		sb.WriteString("struct{")
		for i := range t.NumFields() {
			v := t.Field(i)
			if i > 0 {
				sb.WriteString("; ")
			}
			if !v.Embedded() {
				sb.WriteString(v.Name() + " ")
			}
			writeExpr(sb, v.Type(), qualify)
			if t.Tag(i) != "" {
				sb.WriteString(" " + strconv.Quote(t.Tag(i)))
			}
		}
		sb.WriteString("}")
	case *types.Interface:
		if t.Empty() {
			sb.WriteString("any")
		} else {
			sb.WriteString(types.TypeString(t, qualify))
		}
	default:
		sb.WriteString(types.TypeString(t, qualify))
	}
}

// origin returns the package and the name by which t is written. From Go 1.27 on, json.RawMessage
// is an alias of a type that older Go versions lack: output names the one that all of them have.
func origin(t *types.Named) (*types.Package, string) {
	pkg, name := t.Obj().Pkg(), t.Obj().Name()
	if pkg != nil && pkg.Path() == "encoding/json/jsontext" && name == "Value" {
		return types.NewPackage("encoding/json", "json"), "RawMessage"
	}
	return pkg, name
}

func typeList(t *types.Named) []types.Type {
	var list []types.Type
	for arg := range t.TypeArgs().Types() {
		list = append(list, arg)
	}
	return list
}
