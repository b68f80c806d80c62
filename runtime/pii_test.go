package brook_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/pack"
	"github.com/brookgen/brookgen/runtime/wire"
)

// mailed is an event whose address is pii, if paths say so.
func mailed(paths ...string) *brook.EventDef {
	decode := func(payload []byte) (to int, err error) {
		d := wire.NewDecoder(payload)
		names := []string{"to"}
		for i := d.Object(names); i >= 0; i = d.Next(names, i) {
			d.Int(&to)
		}
		return to, d.Finish()
	}
	return &brook.EventDef{
		Type: "mailed", Version: 2, PII: paths,
		Decode: func(payload []byte, data any) (err error) {
			*data.(*int), err = decode(payload)
			return err
		},
		Earlier: []brook.EventVersion{{
			Decode:   func(payload []byte) (any, error) { return decode(payload) },
			Upcaster: "V1.Upcast",
			Upcast:   func(any) (any, error) { return nil, errOdd },
		}},
	}
}

func TestMaskPayload(t *testing.T) {
	payload := []byte(`{"to":"secret","n":1}`)
	if got := mailed("to").Mask(payload); string(got) != `{"to":"***","n":1}` {
		t.Errorf("masked: %s", got)
	}
	if string(payload) != `{"to":"secret","n":1}` {
		t.Errorf("the payload became %s", payload)
	}
	if got := mailed().Mask(payload); &got[0] != &payload[0] {
		t.Errorf("what has nothing to mask is copied, as %s", got)
	}
	c := &brook.Collection{PII: []string{"to"}}
	if got := c.Mask([]byte("secret")); string(got) != `"***"` {
		t.Errorf("no JSON: %s", got)
	}
}

// Errors of decoding quote values that are not pii.
func TestReadMasksErrors(t *testing.T) {
	const open = `json: to: found string "secret" at byte 6, expected an integer of the size of int`
	const masked = `json: to: found a string at byte 6, expected an integer of the size of int`
	for version := range 3 {
		var to int
		_, err := mailed("to").Read(version, []byte(`{"to":"secret"}`), &to)
		if err == nil || err.Error() != masked {
			t.Errorf("version %d: %v", version, err)
		}
		if _, err = mailed().Read(version, []byte(`{"to":"secret"}`), &to); err == nil ||
			err.Error() != open {
			t.Errorf("version %d, without pii: %v", version, err)
		}
		if _, err = mailed("to").Read(version, []byte(`{"n":"secret","to":1}`), &to); version == 2 && err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	var to int
	if _, err := mailed("to").Read(1, []byte(`{"to":1}`), &to); !errors.Is(err, errOdd) {
		t.Errorf("of an upcaster: %v", err)
	}
}

// upgrading is a Shape that turns values of one schema into those of another.
type upgrading struct{ *pack.Transcoder }

func (u upgrading) Number() (uint64, error) { return 1, nil }

func (u upgrading) Upgrade(_ uint64, data []byte) ([]byte, error) {
	data, err := u.Append(nil, data)
	if err != nil {
		return nil, errors.Join(brook.ErrUnreadable, err)
	}
	return data, nil
}

// A row that can't be read any more is not quoted if rows have pii.
func TestRowMasksErrors(t *testing.T) {
	schemas := make([]*pack.Schema, 2)
	for i, text := range []string{"{phones map[string]int64}", "{phones map[string]int8}"} {
		var err error
		if schemas[i], err = pack.ParseSchema(text); err != nil {
			t.Fatal(err)
		}
	}
	change, err := pack.NewTranscoder(schemas[0], schemas[1])
	if err != nil {
		t.Fatal(err)
	}
	row := append(binary.AppendUvarint(nil, 1), "\x91\x81\xa3bob\xcd\x15\xb3"...)
	for _, c := range []struct {
		pii   []string
		shown bool
	}{{nil, true}, {[]string{"phones"}, false}} {
		def := &brook.Collection{Name: "people", PII: c.pii, Schema: "{phones map[string]int8}",
			Cast: func(any) any { return new(int) }, Pack: func(*pack.Coder, any) {}}
		_, err := def.Codec(upgrading{change}).Decode(row)
		if !errors.Is(err, brook.ErrUnreadable) || !strings.Contains(err.Error(), "phones") {
			t.Errorf("pii %v: %v", c.pii, err)
		}
		if strings.Contains(err.Error(), "bob") != c.shown ||
			strings.Contains(err.Error(), "5555") != c.shown {
			t.Errorf("pii %v: %v", c.pii, err)
		}
	}
	def := &brook.Collection{Name: "people", PII: []string{"name"}, Schema: "{name string}",
		Cast: func(any) any { return new(int) },
		Pack: func(c *pack.Coder, _ any) { pack.Text(c, new(refusing)) }}
	if schemas[0], err = pack.ParseSchema("text"); err != nil {
		t.Fatal(err)
	}
	same, err := pack.NewTranscoder(schemas[0], schemas[0])
	if err != nil {
		t.Fatal(err)
	}
	row = append(binary.AppendUvarint(nil, 1), "\xa6secret"...)
	for _, pii := range [][]string{nil, {"name"}} {
		def.PII = pii
		_, err := def.Codec(upgrading{same}).Decode(row)
		if !errors.Is(err, brook.ErrUnreadable) ||
			strings.Contains(err.Error(), "secret is no name") != (pii == nil) {
			t.Errorf("what a type's own method says, with pii %v: %v", pii, err)
		}
	}
}

// refusing is a text that can't be read.
type refusing struct{}

func (*refusing) MarshalText() ([]byte, error) { return nil, nil }

func (*refusing) UnmarshalText(text []byte) error { return fmt.Errorf("%s is no name", text) }

// A letter is logged without its record.
func TestDeadLetterLogged(t *testing.T) {
	l := brook.DeadLetter{Position: brook.Position{Topic: "in", Offset: 7}, ID: "i", Type: "sold",
		Stage: brook.StageHandle, Set: "stock", Error: "bad", Attempts: 2,
		Record: brook.Record{Value: []byte("secret")}, Key: []byte("k")}
	for _, h := range []func(*bytes.Buffer) slog.Handler{
		func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(h(&b)).Info("failed", "letter", l)
		line := b.String()
		if strings.Contains(line, "secret") || strings.Contains(line, "c2VjcmV0") ||
			strings.Contains(line, "115 101 99") {
			t.Errorf("the record is logged: %s", line)
		}
		for _, want := range []string{"in/0/7", "sold", "stock", "bad", "attempts"} {
			if !strings.Contains(line, want) {
				t.Errorf("%s is not logged: %s", want, line)
			}
		}
	}
}
