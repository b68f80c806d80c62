package load

import (
	"fmt"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// renames reports old names of fields that can't be old names: names that live, and those of
// several fields.
func (w *walk) renames(t *model.Type, path string, place Diagnostic) {
	living := map[string]model.JSONField{}
	for _, f := range t.JSON {
		living[f.Name] = f
	}
	had := map[string]model.JSONField{}
	for _, f := range t.JSON {
		for i, old := range f.Was {
			if !validName(old) || slices.Contains(f.Was[:i], old) {
				continue // the check of the tag tells
			}
			problem := ""
			if now, ok := living[old]; ok && now.Name == f.Name {
				problem = "that is the wire name of the field today: remove it"
			} else if ok {
				problem = fmt.Sprintf("that is the wire name of %s today, so it can't be an old one: remove it, or give %s another json name", dotted(now.Path), dotted(now.Path))
			} else if other, ok := had[old]; ok {
				problem = fmt.Sprintf("%s has that old name too, and only one field can be read from it: remove one of them", dotted(other.Path))
			}
			had[old] = f
			if problem != "" {
				d := nearer(f, place)
				d.Message = fmt.Sprintf("%s.%s: was=%s: %s", path, dotted(f.Path), old, problem)
				w.diags = append(w.diags, d)
			}
		}
	}
}
