package pack

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestRenamedFields: a field is found by the name that it had, and code that is not yet renamed
// finds it by its own.
func TestRenamedFields(t *testing.T) {
	const two = "\x92\xa1k\x05"
	for _, c := range []struct{ name, old, now, data, want string }{
		{"renamed", "{id string,amount int}", "{id string,total=amount int}", two, two},
		{"renamed again", "{id string,amount int}", "{id string,sum=total=amount int}", two, two},
		{"in between", "{id string,total=amount int}", "{id string,sum=total=amount int}", two, two},
		{"odd names", `{id string,"the sum" int}`, `{id string,"größe"="the sum" int}`, two, two},
		{"written alike", "{id string,amount int}", "{id string,amount=sum int}", two, two},
		{"another type", "{id string,amount int8}", "{id string,total=amount *float64}", two,
			"\x92\xa1k\x91\xcb\x40\x14\x00\x00\x00\x00\x00\x00"},
		{"moved", "{id string,amount int}", "{total=amount int,nr=id string}", two, "\x92\x05\xa1k"},
		{"forgotten", "{id string,amount int}", "{id string,total int}", two, "\x92\xa1k\xc0"},

		{"the name of today wins", "{amount int,total int}", "{total=amount int}", "\x92\x05\x06",
			"\x91\x06"},
		{"the first old name wins", "{sum int,amount int}", "{total=amount=sum int}",
			"\x92\x05\x06", "\x91\x06"},
		{"one field becomes one", "{a int}", "{b=a int,c=a int}", "\x91\x05", "\x92\x05\xc0"},
		{"a name that lives stays", "{a int,b int}", "{a int,c=a=b int}", "\x92\x05\x06",
			"\x92\x05\x06"},
		{"swapped", "{a int,b int}", "{b=a int,a=b int}", "\x92\x05\x06", "\x92\x06\x05"},

		{"of later code", "{id string,total=amount int}", "{id string,amount int}", two, two},
		{"of much later code", "{sum=total=amount int}", "{amount int}", "\x91\x05", "\x91\x05"},
		{"of later code, the latest first", "{sum=total=amount int}", "{amount int,total int}",
			"\x91\x05", "\x92\xc0\x05"},
		{"of later code, with another", "{total=amount int,amount int}", "{amount int}",
			"\x92\x05\x06", "\x91\x06"},

		{"promoted", "{id string,amount int}", "{id string,~A {total=amount int}}", two,
			"\x92\xa1k\x91\x05"},
		{"no longer promoted", "{id string,~A {amount int}}", "{id string,total=amount int}",
			"\x92\xa1k\x91\x05", two},
		{"promoted, of later code", "{id string,~A {total=amount int}}", "{id string,amount int}",
			"\x92\xa1k\x91\x05", two},
		{"promoted, the name of today wins", "{total int,~A {amount int}}",
			"{~B *{total=amount int}}", "\x92\x06\x91\x05", "\x91\x91\x91\x06"},
		{"promoted, what is hidden has no name", "{amount int,~A {amount int}}",
			"{~A {total=amount int}}", "\x92\x05\x91\x06", "\x91\x91\x05"},
		{"of old, a field that was renamed", "{id string,Base {n int}}",
			`{id string,"Root"=Base {n int},n int}`, "\x92\xa1k\x91\x05", "\x93\xa1k\x91\x05\xc0"},
		{"an embedded struct gets a name", "{id string,~Base {n int}}",
			`{id string,"base"=n int}`, "\x92\xa1k\x91\x05", two},

		{"deep", "{list []{m map[string]{a int}}}", "{rows=list []{by=m map[string]{b=a int}}}",
			"\x91\x91\x91\x81\xa1k\x91\x05", "\x91\x91\x91\x81\xa1k\x91\x05"},
		{"in itself", "@1={n int,left *@1}", "@1={m=n int,right=left *@1}",
			"\x92\x05\x91\x92\x06\xc0", "\x92\x05\x91\x92\x06\xc0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, err := NewTranscoder(parse(t, c.old), parse(t, c.now))
			if err != nil {
				t.Fatal(err)
			}
			if lost := tr.Lost(); lost != "" {
				t.Error(lost)
			}
			got, err := tr.Append([]byte("x"), []byte(c.data))
			if err != nil || string(got) != "x"+c.want {
				t.Errorf("%x, %v, want %x", got[1:], err, c.want)
			}
		})
	}
}

// TestRenamedMismatch names what is stored as it was called then.
func TestRenamedMismatch(t *testing.T) {
	tr, err := NewTranscoder(parse(t, "{amount string}"), parse(t, "{total=amount int}"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "amount: stored as string, which can't become int"
	if lost := tr.Lost(); lost != want {
		t.Errorf("%q, want %q", lost, want)
	}
}

// TestRenamedAtRandom renames, moves, embeds and drops fields for some generations of a struct,
// each of which reads what every other one wrote: a later one all that is still there, an earlier
// one all that it knows.
func TestRenamedAtRandom(t *testing.T) {
	type member struct {
		id    int      // what the field is for
		names []string // the latest first
	}
	rnd := rand.New(rand.NewPCG(1, 11))
	for range 300 {
		var generations [][]member
		var now []member
		names := 0
		name := func() string {
			names++
			return "n" + strconv.Itoa(names)
		}
		for id := range 2 + rnd.IntN(4) {
			now = append(now, member{id, []string{name()}})
		}
		for range 2 + rnd.IntN(4) {
			generations = append(generations, now)
			now = slices.Clone(now)
			for i := range now {
				if rnd.IntN(2) == 0 {
					now[i].names = append([]string{name()}, now[i].names...)
				}
			}
			rnd.Shuffle(len(now), func(i, j int) { now[i], now[j] = now[j], now[i] })
			if len(now) > 1 && rnd.IntN(4) == 0 {
				now = now[1:]
			}
		}
		shape := func(members []member) (schema string, value []byte) {
			split := rnd.IntN(len(members) + 1) // what stands behind is embedded
			var own, inner []string
			var ownValues, innerValues []byte
			for i, m := range members {
				field := strings.Join(m.names, "=") + " int"
				if i < split {
					own, ownValues = append(own, field), append(ownValues, byte(m.id+1))
				} else {
					inner, innerValues = append(inner, field), append(innerValues, byte(m.id+1))
				}
			}
			if rnd.IntN(2) == 0 || len(inner) == 0 {
				all := append(own, inner...)
				return "{" + strings.Join(all, ",") + "}",
					append(appendArrayLen(nil, len(all)), append(ownValues, innerValues...)...)
			}
			value = append(appendArrayLen(nil, len(own)+1), ownValues...)
			value = append(appendArrayLen(value, len(inner)), innerValues...)
			return "{" + strings.Join(append(own, "~Inner {"+strings.Join(inner, ",")+"}"), ",") + "}",
				value
		}
		for _, from := range generations {
			for _, to := range generations {
				old, value := shape(from)
				text, want := shape(to)
				tr, err := NewTranscoder(parse(t, old), parse(t, text))
				if err != nil {
					t.Fatal(err)
				}
				for i, b := range want {
					if known := slices.ContainsFunc(from,
						func(m member) bool { return byte(m.id+1) == b }); !known && b < 0x80 {
						want[i] = codeNil
					}
				}
				if got, err := tr.Append(nil, value); err != nil || string(got) != string(want) {
					t.Fatalf("%s\n  to %s\n got %x, %v\nwant %x", old, text, got, err, want)
				}
			}
		}
	}
}
