package brook_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Joined hooks call every hook of each, whichever has it.
func TestJoinHooksJoinsAll(t *testing.T) {
	typ := reflect.TypeFor[brook.Hooks]()
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		var called []string
		with := func(who string) (h brook.Hooks) {
			f := reflect.ValueOf(&h).Elem().Field(i)
			f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) (out []reflect.Value) {
				called = append(called, who)
				for i := range f.Type().NumOut() {
					out = append(out, reflect.Zero(f.Type().Out(i)))
				}
				return out
			}))
			return h
		}
		a, b, none := with("a"), with("b"), brook.Hooks{}
		for _, c := range []struct {
			hooks []brook.Hooks
			want  []string
		}{
			{nil, nil},
			{[]brook.Hooks{none, none}, nil},
			{[]brook.Hooks{a}, []string{"a"}},
			{[]brook.Hooks{a, none}, []string{"a"}},
			{[]brook.Hooks{none, b}, []string{"b"}},
			{[]brook.Hooks{a, none, b}, []string{"a", "b"}},
		} {
			called = nil
			f := reflect.ValueOf(brook.JoinHooks(c.hooks...)).Field(i)
			if f.IsNil() != (c.want == nil) {
				t.Errorf("%s of %d hooks: nil is %t", name, len(c.hooks), f.IsNil())
			}
			if f.IsNil() {
				continue
			}
			var in []reflect.Value
			for i := range f.Type().NumIn() {
				in = append(in, reflect.New(f.Type().In(i)).Elem())
			}
			if in[0].Type() == reflect.TypeFor[context.Context]() {
				in[0].Set(reflect.ValueOf(t.Context()))
			}
			f.Call(in)
			want := slices.Clone(c.want)
			if name == "End" {
				slices.Reverse(want)
			}
			if !slices.Equal(called, want) {
				t.Errorf("%s calls %q, want %q", name, called, want)
			}
		}
	}
}

// Each of several joined hooks has the context of its own Begin, at the end and for its headers, also
// if only some of them begin anything.
func TestJoinHooksContexts(t *testing.T) {
	type key string
	var ends []string
	of := func(name string) brook.Hooks {
		own := func(ctx context.Context) string { return fmt.Sprint(name, ctx.Value(key("who"))) }
		return brook.Hooks{
			Begin: func(ctx context.Context, _ *brook.Operation) context.Context {
				return context.WithValue(ctx, key("who"), name)
			},
			End: func(ctx context.Context, _ *brook.Operation) { ends = append(ends, own(ctx)) },
			Trace: func(ctx context.Context) []brook.Header {
				return []brook.Header{{Key: own(ctx)}}
			},
		}
	}
	b := of("b")
	b.Begin = nil
	joined := brook.JoinHooks(of("a"), b, of("c"), of("d"))
	outer := joined.Begin(t.Context(), &brook.Operation{})
	ctx := joined.Begin(outer, &brook.Operation{}) // within
	var headers []string
	for _, h := range joined.Trace(ctx) {
		headers = append(headers, h.Key)
	}
	joined.End(ctx, &brook.Operation{})
	if want := []string{"aa", "ba", "cc", "dd"}; !slices.Equal(headers, want) {
		t.Errorf("headers are %q, want %q", headers, want)
	}
	if want := []string{"dd", "cc", "ba", "aa"}; !slices.Equal(ends, want) {
		t.Errorf("ends are %q, want %q", ends, want)
	}
}
