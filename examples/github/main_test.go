package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/brookgen/brookgen/examples/github/hub"
	brook "github.com/brookgen/brookgen/runtime"
)

// result is what a run of the program gave.
type result struct {
	status   int
	out, err string
}

func fold(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, streams{in: strings.NewReader(stdin), out: &out, err: &errs})
	return result{status, out.String(), errs.String()}
}

// ends wants a run's totals, and that they add up.
func (r result) ends(t *testing.T, status, applied, discarded, unknown, letters int) {
	t.Helper()
	want := totals{applied + discarded + unknown + letters, applied, discarded, unknown,
		letters}.String()
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if got := lines[len(lines)-1]; got != want || r.status != status {
		t.Errorf("exit status %d, want %d, and the last line\n%s\nwant\n%s\nin\n%s%s", r.status,
			status, got, want, r.out, r.err)
	}
	if n := strings.Count(r.out, "dead letter: "); n != letters {
		t.Errorf("%d dead letters are listed, want %d:\n%s", n, letters, r.out)
	}
}

func (r result) says(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.out, part) {
			t.Errorf("the output lacks %q:\n%s", part, r.out)
		}
	}
}

// repo is a repository as most deliveries have it.
const repo = `"repository":{"id":7,"name":"pond","full_name":"ada/pond","default_branch":"main","owner":{"id":1,"login":"ada","type":"User"},"created_at":"2020-01-02T03:04:05Z","pushed_at":null}`

const sender = `"sender":{"id":2,"login":"bob","type":"User"}`

// delivered makes a line of a kind with the fields of its payload.
func delivered(event string, fields ...string) string {
	return `{"event":"` + event + `","example":"x","payload":{` + strings.Join(fields, ",") + "}}\n"
}

func issue(action string, number int, more string) string {
	return delivered("issues", `"action":"`+action+`"`,
		fmt.Sprintf(`"issue":{"number":%d,"title":"Leak","state":"open","comments":0%s}`, number,
			more), repo, sender)
}

func TestClasses(t *testing.T) {
	in := issue("opened", 1, "") +
		"\n   \t\n" +
		delivered("watch", `"action":"started"`, repo) +
		delivered("check_run", `"check_run":{}`) +
		"{nonsense}\n" +
		delivered("workflow_job", repo) +
		delivered("issues", `"action":"opened"`, `"issue":{"title":"whose?"}`, repo) +
		issue("closed", 1, "")
	r := fold(t, in)
	r.ends(t, 1, 2, 1, 2, 2)
	r.says(t, "dead letter: stdin:6: ?: no delivery: ", "dead letter: stdin:8: issues: decode: ",
		"issue.number", "issues: closed 1 opened 1")
}

// A line that is no delivery is a dead letter, and those after it are folded.
func TestMalformedLines(t *testing.T) {
	for name, line := range map[string]string{
		"no JSON":         "hello",
		"cut off":         `{"event":"issues","payload":{"action":`,
		"two":             `{"event":"ping","payload":{}} {"event":"ping","payload":{}}`,
		"a list":          `[1]`,
		"a number":        `17`,
		"null":            `null`,
		"empty":           `{}`,
		"no event":        `{"payload":{}}`,
		"null event":      `{"event":null,"payload":{}}`,
		"numeric event":   `{"event":3,"payload":{}}`,
		"no payload":      `{"event":"issues","example":"opened"}`,
		"null payload":    `{"event":"issues","payload":null}`,
		"text payload":    `{"event":"issues","payload":"issue"}`,
		"list payload":    `{"event":"issues","payload":[]}`,
		"empty payload":   `{"event":"issues","payload":{}}`,
		"binary":          "\x00\xff\xfe",
		"no repository":   delivered("issues", `"issue":{"number":1}`),
		"null repository": delivered("issues", `"issue":{"number":1}`, `"repository":null`),
		"wrong type":      delivered("issues", `"issue":{"number":"one"}`, repo),
		"wrong time": delivered("issues", `"issue":{"number":1,"created_at":"yesterday"}`,
			repo),
	} {
		t.Run(name, func(t *testing.T) {
			r := fold(t, issue("opened", 1, "")+strings.TrimSuffix(line, "\n")+"\n"+issue("edited",
				1, ""))
			r.ends(t, 1, 2, 0, 0, 1)
			r.says(t, "dead letter: stdin:2: ")
		})
	}
}

// A line whose payload is missing still tells its kind.
func TestKindOfMalformedLine(t *testing.T) {
	fold(t, `{"event":"issues","payload":null}`).says(t,
		"dead letter: stdin:1: issues: no delivery: ")
}

// The payload of a kind that is not known may look like anything. A kind that can't be the type of
// an event is no delivery.
func TestUnknownKinds(t *testing.T) {
	r := fold(t, delivered("ping")+`{"event":"installation","payload":"text"}`+"\n"+`{"event":" odd\nname","payload":1}`+"\n"+`{"event":"deployment","payload":[]}`)
	r.ends(t, 1, 0, 0, 3, 1)
	r.says(t, "dead letter: stdin:3: ")
}

func TestInputs(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := write("one", "\ufeff"+issue("opened", 1,
		"")+"\r\n"+strings.TrimSuffix(issue("opened", 2, ""), "\n"))
	two := write("two", "bad\n"+issue("opened", 3, ""))
	empty := write("empty", "")

	fold(t, "", one).ends(t, 0, 2, 0, 0, 0)
	fold(t, "", empty).ends(t, 0, 0, 0, 0, 0)
	fold(t, "").ends(t, 0, 0, 0, 0, 0)
	fold(t, issue("opened", 1, ""), "-").ends(t, 0, 1, 0, 0, 0)
	r := fold(t, "worse\n"+issue("opened", 9, ""), one, "-", two, empty)
	r.ends(t, 1, 4, 0, 0, 2)
	r.says(t, "dead letter: stdin:1: ", "dead letter: "+two+":1: ", "      4 issues")

	for _, args := range [][]string{{filepath.Join(dir, "none")}, {one, filepath.Join(dir, "none")},
		{dir}, {"-wrong"}} {
		r := fold(t, "", args...)
		if r.status != 2 || r.out != "" || r.err == "" {
			t.Errorf("%q: exit status %d, want 2 and a complaint: %q, %q", args, r.status, r.out,
				r.err)
		}
	}
	if r := fold(t, "", "-h"); r.status != 0 || !strings.Contains(r.err, "usage") {
		t.Errorf("-h: exit status %d: %q", r.status, r.err)
	}
}

// What was read before an input broke is told all the same.
func TestBrokenInput(t *testing.T) {
	var out, errs bytes.Buffer
	in := io.MultiReader(strings.NewReader(issue("opened", 1, "")),
		iotest.ErrReader(io.ErrUnexpectedEOF))
	status := run(t.Context(), nil, streams{in: in, out: &out, err: &errs})
	r := result{status, out.String(), errs.String()}
	r.ends(t, 2, 1, 0, 0, 0)
	if !strings.Contains(r.err, "stdin") {
		t.Errorf("standard error does not say which input broke: %q", r.err)
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("long ", 1<<20)
	r := fold(t, issue("opened", 1, `,"body":"`+long+`"`)+long+"\n"+issue("opened", 2,
		`,"body":"`+long+`"`))
	r.ends(t, 1, 2, 0, 0, 1)
}

// More of everything than a chunk holds, and more dead letters than an app keeps.
func TestManyChunks(t *testing.T) {
	var in strings.Builder
	for i := range 4000 {
		in.WriteString(issue("opened", i+1, ""))
		in.WriteString(delivered("issues", repo))
		in.WriteString("bad\nworse\nworst\n")
		in.WriteString(delivered("ping"))
	}
	r := fold(t, in.String())
	r.ends(t, 1, 4000, 0, 4000, 16000)
	at := 0
	for i := range 4000 { // in the order of the lines
		for _, n := range []int{2, 3, 4, 5} {
			next := strings.Index(r.out[at:], fmt.Sprintf("dead letter: stdin:%d: ", 6*i+n))
			if next < 0 || next > 300 {
				t.Fatalf("the dead letter of line %d is missing or out of order", 6*i+n)
			}
			at += next
		}
	}
	if again := fold(t, in.String()); again != r {
		t.Error("the output differs from one run to the next")
	}
}

// A delivery that fails in several sets is one dead letter, whatever the other sets made of it.
func TestFailingSets(t *testing.T) {
	var out bytes.Buffer
	f, err := newFolder(&out, newProgress(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer f.app.Close()
	for range 4 {
		if err := f.fold(t.Context(), nil, strings.NewReader(issue("opened", 1, ""))); err != nil {
			t.Fatal(err)
		}
	}
	f.places = []int{1, 2, 3} // as if three of them had failed, one in Tally
	for i, sets := range [][]string{{"Catalog", "Tracker"}, {"Tracker"},
		{"Catalog", hub.TallySet}} {
		for _, set := range sets {
			f.deadLetter(brook.DeadLetter{Position: brook.Position{Offset: f.first +
				int64(i)}, Stage: brook.StageHandle, Set: set, Error: "broken"})
		}
	}
	if err := f.list(); err != nil {
		t.Fatal(err)
	}
	got, err := f.totals()
	if got.letters != 3 || got.applied != 2 || err != nil { // Tally booked the third here
		t.Errorf("%s, %v", got, err)
	}
	if n := strings.Count(out.String(), "dead letter: "); n != 5 {
		t.Errorf("%d lines, want 5:\n%s", n, out.String())
	}
}

func TestProgress(t *testing.T) {
	var out, errs, tty bytes.Buffer
	p := newProgress(&tty)
	p.next = p.start
	for range 64 {
		p.add(1 << 20)
	}
	p.clear()
	if got := tty.String(); !strings.Contains(got, "64 deliveries, 64 MB") ||
		!strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("progress is %q", got)
	}
	in := strings.Repeat(issue("opened", 1, ""), 200)
	if run(t.Context(), nil,
		streams{in: strings.NewReader(in), out: &out, err: &errs}); errs.Len() > 0 {
		t.Errorf("progress without a terminal: %q", errs.String())
	}
}
