package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
)

// A reading is what became of a payload: as the old code reads it, and writes it; what the new code
// reads of it; and what it reads of the payload that the old code wrote.
type reading struct {
	Payload, Old, New, Again       string
	OldError, NewError, AgainError string
}

// refusal begins the error of code that reads a payload and refuses to write it again, as a null in
// a list of structs with a pointer that is required. What it has read is not known then.
const refusal = "refused: "

// harm says what an evolution does to one of the payloads; "" if each is read as it was.
func (e *mutation) harm(t *testing.T, findings []lock.Finding, lines []string) string {
	t.Helper()
	first := ""
	for _, line := range lines {
		var o reading
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if strings.HasPrefix(o.OldError, refusal) {
			continue
		}
		if o.OldError != "" {
			t.Fatalf("the old code does not read %s: %s\n%s", o.Payload, o.OldError, e)
		}
		payload, written := parsedJSON(o.Payload), parsedJSON(o.Old)
		if at := differs(e.was, e.was, payload, written); at != "" {
			t.Fatalf("the old code misreads %s as %s: %s\n%s", o.Payload, o.Old, at, e)
		}
		for _, r := range []struct {
			from, read, err string
			payload         any
		}{{o.Payload, o.New, o.NewError, payload}, {o.Old, o.Again, o.AgainError, written}} {
			if strings.HasPrefix(r.err, refusal) {
				continue
			}
			if harm := e.harmOf(findings, r.payload, r.read, r.err); harm != "" && first == "" {
				first = fmt.Sprintf("%s is read as %s: %s", r.from, r.read, harm)
			}
		}
	}
	return first
}

func (e *mutation) harmOf(findings []lock.Finding, payload any, text, err string) string {
	switch {
	case e.gone:
		return "nothing reads events of that name"
	case err != "":
		return err
	}
	read := parsedJSON(text)
	if at := differs(e.was, e.now, payload, read); at != "" {
		return at
	}
	if was, is := keyOf(e.was, payload), keyOf(e.now, read); was != is {
		return fmt.Sprintf("its key was %q and is %q", was, is)
	}
	for _, f := range findings {
		if f.Reason == lock.FieldGone || f.Reason == lock.Merged { // it is there under another name
			return lost(e.was, e.now, payload)
		}
	}
	return ""
}

// keyOf is the key of an event: another type of it has other bytes.
func keyOf(t *typ, v any) (key string) {
	for _, f := range t.keys() {
		if part, ok := v.(map[string]any)[f.wire]; ok && part != nil {
			key += f.typ.kind + " " + fmt.Sprint(part)
		} else {
			key += f.typ.kind + " " + map[bool]string{true: "", false: "0"}[f.typ.kind == "string"]
		}
	}
	return key
}

// lost says which value of a payload no field reads any more.
func lost(was, now *typ, payload any) string {
	was, now = was.pointee(), now.pointee()
	switch v := payload.(type) {
	case []any:
		for _, part := range v {
			if was.elem != nil && now.elem != nil {
				if at := lost(was.elem, now.elem, part); at != "" {
					return at
				}
			}
		}
	case map[string]any:
		if was.kind == "map" && now.kind == "map" {
			for _, part := range v {
				if at := lost(was.elem, now.elem, part); at != "" {
					return at
				}
			}
			return ""
		}
		if was.kind != "struct" || now.kind != "struct" {
			return ""
		}
		for _, f := range was.wireFields() {
			part := v[f.wire]
			if part == nil {
				continue
			}
			var reader *member
			for _, g := range now.wireFields() {
				if g.id == f.id {
					reader = g
				}
			}
			if reader == nil {
				return fmt.Sprintf("%v of %s is lost", part, f.wire)
			}
			if at := lost(f.typ, reader.typ, part); at != "" {
				return at
			}
		}
	}
	return ""
}

// readerProgram reads payloads with the code of both.
const readerProgram = `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"example.com/evolutions/now"
	"example.com/evolutions/was"
)

func again[T any](decode func([]byte) (T, error), encode func([]byte, *T) ([]byte, error)) func(string) (string, string) {
	return func(payload string) (string, string) {
		v, err := decode([]byte(payload))
		if err != nil {
			return "", err.Error()
		}
		b, err := encode(nil, &v)
		if err != nil {
			return "", "refused: " + err.Error()
		}
		return string(b), ""
	}
}

var codecs = []struct{ was, now func(string) (string, string) }{
%s}

func main() {
	input, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	defer input.Close()
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(input)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		n, payload, _ := strings.Cut(lines.Text(), " ")
		i, err := strconv.Atoi(n)
		if err != nil {
			panic(fmt.Sprint(n, err))
		}
		var o struct{ Payload, Old, New, Again, OldError, NewError, AgainError string }
		o.Payload = payload
		o.Old, o.OldError = codecs[i].was(payload)
		o.New, o.NewError = codecs[i].now(payload)
		if o.OldError == "" {
			o.Again, o.AgainError = codecs[i].now(o.Old)
		}
		out.Encode(o)
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}
`
