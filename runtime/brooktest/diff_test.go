package brooktest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/brooktest"
)

type row struct {
	Name  string
	Tags  []string
	Bytes []byte
	At    time.Time
	Inner *row
	Any   any
	do    func()
}

func TestDiff(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		got, want any
		diff      []string
	}{
		{1, 1, nil},
		{"a", "b", []string{`got "a", want "b"`}},
		{map[string]row{}, map[string]row(nil), nil},
		{row{Name: "a", Tags: []string{"x"}}, row{Name: "b", Tags: []string{"x", "y"}},
			[]string{`.Name: got "a", want "b"`, `.Tags[1]: missing, want "y"`}},
		{row{Tags: []string{}}, row{}, []string{`.Tags: got [], want nil`}},
		{row{Tags: []string{"a"}}, row{Tags: []string{}}, []string{`.Tags[0]: not wanted: "a"`}},
		{row{At: now}, row{At: now.In(time.FixedZone("X", 60))}, nil},
		{row{At: now}, row{At: now.Add(1)}, []string{`.At: got "`}},
		{row{Bytes: []byte("a")}, row{Bytes: []byte("b")}, []string{`.Bytes: got "a", want "b"`}},
		{row{Inner: &row{Any: 1}}, row{Inner: &row{Any: 1.0}},
			[]string{`.Inner.Any: got int 1, want float64 1`}},
		{row{Inner: &row{}}, row{}, []string{`.Inner: got {"Name":"",`}},
		{map[int]*row{2: {}, 1: nil}, map[int]*row{2: {Name: "x"}, 3: nil},
			[]string{`[1]: not wanted: nil`, `[2].Name: got "", want "x"`,
				`[3]: missing, want nil`}},
		{row{do: func() {}}, row{}, []string{`.do: got 0x`}},
		{[1]any{nil}, [1]any{2}, []string{`[0]: got nil, want 2`}},
	} {
		got := brooktest.Diff(c.got, c.want)
		lines := strings.Split(got, "\n")
		if len(c.diff) == 0 {
			lines = strings.Fields(got)
		}
		ok := len(lines) == len(c.diff)
		for i := range lines {
			ok = ok && strings.HasPrefix(lines[i], c.diff[i])
		}
		if !ok {
			t.Errorf("%+v and %+v differ in\n%s\nwant\n%s", c.got, c.want, got,
				strings.Join(c.diff, "\n"))
		}
	}
	if diff := brooktest.Diff([]int{}, nil); diff != "" {
		t.Errorf("empty and nil: %s", diff)
	}
	if diff := brooktest.Diff(make([]int, 50), nil); strings.Count(diff, "\n") != 20 ||
		!strings.HasSuffix(diff, "and 30 more") {
		t.Errorf("a long one: %s", diff)
	}
}
