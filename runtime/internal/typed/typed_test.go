package typed_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

type user struct {
	Email string
	Tags  []string
}

// users is a collection whose values are not copied by an assignment.
func users() *typed.Collection[string, user] {
	return &typed.Collection[string, user]{
		Name: "users", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
		Clone: func(dst, src *user) error {
			*dst = *src
			dst.Tags = slices.Clone(src.Tags)
			return nil
		},
		Indexes: []typed.IndexDef[user]{{Field: "Email", Shape: "string",
			Entries: func(v *user, e *brook.Entries) {
				e.Add(key.AppendString(e.Bytes(), v.Email))
			}}},
	}
}

// open returns the view of stored rows, and its index.
func open(t *testing.T, rows map[string]user) (
	brook.View[string, user], brook.Index[string, string, user],
) {
	t.Helper()
	ctx := context.Background()
	store, def := mapstore.New(), users()
	var tables []brook.Table
	for _, name := range []string{"rows", "index"} {
		table, err := store.Table(ctx, brook.TableSpec{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	var b brook.Batch
	for k, v := range rows {
		encoded := key.AppendString(nil, k)
		b.Writes = append(b.Writes,
			brook.Write{Table: tables[0], Key: encoded, Value: &v},
			brook.Write{Table: tables[1], Value: []byte{},
				Key: append(key.AppendString(nil, v.Email), encoded...)})
	}
	if err := store.Commit(ctx, &b); err != nil {
		t.Fatal(err)
	}
	v := typed.ViewOf(engine.StaticSource(store.Latest(), tables, def.Def()), 0, def)
	return v, typed.IndexOf(v, 0, key.AppendString[string])
}

// A view reads by keys of any length, also beyond that of the buffers that keys are encoded into,
// and every value is the caller's own.
func TestView(t *testing.T) {
	long := strings.Repeat("k", 1000)
	rows := map[string]user{"a": {"x", []string{"1"}}, "b": {"x", nil}, long: {"y", []string{"2"}}}
	view, byEmail := open(t, rows)
	for range 3 {
		for k, want := range rows {
			got, err := view.Get(k)
			if err != nil || got.Email != want.Email || !slices.Equal(got.Tags, want.Tags) {
				t.Errorf("Get(%.9q) returns %v, %v", k, got, err)
			}
			if len(got.Tags) > 0 {
				got.Tags[0] = "changed"
			}
			if ok, err := view.Has(k); !ok || err != nil {
				t.Errorf("Has(%.9q) returns %v, %v", k, ok, err)
			}
		}
		if _, err := view.Get(long + "k"); !errors.Is(err, brook.ErrNotFound) {
			t.Errorf("a key that is not there: %v", err)
		}
		if ok, err := view.Has("c"); ok || err != nil {
			t.Errorf("Has returns %v, %v", ok, err)
		}
	}
	if n, err := view.Len(); n != 3 || err != nil {
		t.Errorf("Len returns %d, %v", n, err)
	}
	all, err := brook.Map(view.All())
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(all)), []string{"a", "b", long}) {
		t.Errorf("All yields %v, %v", all, err)
	}
	some, err := brook.Values(view.Range("a", "b"))
	if err != nil || len(some) != 1 || some[0].Tags[0] != "1" {
		t.Errorf("Range yields %v, %v", some, err)
	}
	if got, err := brook.Values(view.Prefix(long, 1)); err != nil || len(got) != 1 {
		t.Errorf("Prefix yields %v, %v", got, err)
	}
	if _, err := brook.Map(view.Prefix("a", 2)); err == nil {
		t.Error("a prefix of more fields than the key has")
	}
	if e, err := byEmail.Get("x"); err != nil || e.Key != "a" || e.Value.Tags[0] != "1" {
		t.Errorf("the index returns %v, %v", e, err)
	}
	if _, err := byEmail.Get("z"); !errors.Is(err, brook.ErrNotFound) ||
		!strings.Contains(err.Error(), `Email is "z"`) {
		t.Errorf("a value that is not there: %v", err)
	}
	if found, err := brook.Map(byEmail.All("x")); err != nil || len(found) != 2 {
		t.Errorf("the index yields %v, %v", found, err)
	}
	if testing.AllocsPerRun(100, func() { _, _ = view.Has("a") }) > 0 {
		t.Error("Has allocates")
	}
}
