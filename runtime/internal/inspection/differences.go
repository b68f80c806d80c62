package inspection

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// maxChanges is how many fields of one row are listed that changed.
const maxChanges = 200

// version is a value as it is, by which it is compared, and as it is shown. Either is JSON; nil:
// there is none.
type version struct{ actual, shown json.RawMessage }

// differences returns in which fields two versions differ, in the order of their paths. A field
// whose value is masked is shown so, and listed all the same.
func differences(before, after version) []inspect.FieldChange {
	switch {
	case before.actual == nil && after.actual == nil:
		return nil
	case before.actual == nil || after.actual == nil:
		return []inspect.FieldChange{{Before: before.shown, After: after.shown}}
	}
	d := differ{}
	a, b := decoded(before.actual), decoded(after.actual)
	d.compare("", a, b, decoded(before.shown), decoded(after.shown))
	return d.changes
}

// missing stands for a value that is not there.
type missing struct{}

// decoded returns JSON as Go values with numbers as they are written.
func decoded(text json.RawMessage) any {
	if text == nil {
		return missing{}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(text)
	}
	return v
}

// differ collects what changed.
type differ struct{ changes []inspect.FieldChange }

// compare notes where a and b differ. shownA and shownB are the same values as they are shown,
// which are alike only as far as nothing is masked.
func (d *differ) compare(path string, a, b, shownA, shownB any) {
	switch {
	case len(d.changes) == maxChanges:
		return
	case d.objects(path, a, b, shownA, shownB), d.arrays(path, a, b, shownA, shownB):
		return
	}
	if !bytes.Equal(encoded(a), encoded(b)) {
		change := inspect.FieldChange{Path: path, Before: encoded(shownA), After: encoded(shownB)}
		d.changes = append(d.changes, change)
	}
}

// objects compares two objects by their members, and reports whether it could.
func (d *differ) objects(path string, a, b, shownA, shownB any) bool {
	before, ok := a.(map[string]any)
	after, ok2 := b.(map[string]any)
	was, ok3 := shownA.(map[string]any)
	is, ok4 := shownB.(map[string]any)
	if !ok || !ok2 || !ok3 || !ok4 {
		return false
	}
	names := slices.Sorted(maps.Keys(before))
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if _, both := before[name]; !both {
			names = append(names, name)
		}
	}
	member := func(of map[string]any, name string) any {
		if v, ok := of[name]; ok {
			return v
		}
		return missing{}
	}
	for _, name := range names {
		at := name
		if path != "" {
			at = path + "." + name
		}
		d.compare(at, member(before, name), member(after, name), member(was, name), member(is, name))
	}
	return true
}

// arrays compares two arrays element by element, and reports whether it could.
func (d *differ) arrays(path string, a, b, shownA, shownB any) bool {
	before, ok := a.([]any)
	after, ok2 := b.([]any)
	was, ok3 := shownA.([]any)
	is, ok4 := shownB.([]any)
	if !ok || !ok2 || !ok3 || !ok4 {
		return false
	}
	element := func(of []any, i int) any {
		if i < len(of) {
			return of[i]
		}
		return missing{}
	}
	for i := range max(len(before), len(after)) {
		d.compare(path+"["+strconv.Itoa(i)+"]", element(before, i), element(after, i),
			element(was, i), element(is, i))
	}
	return true
}

// encoded returns a value as JSON, nil for one that is not there.
func encoded(v any) json.RawMessage {
	if _, none := v.(missing); none {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil // it was decoded
	}
	return text
}
