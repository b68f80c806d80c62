package codec

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	"github.com/bytedance/sonic/encoder"
	"github.com/go-faster/jx"
	expjson "github.com/go-json-experiment/json"
	goccy "github.com/goccy/go-json"
	"github.com/mailru/easyjson"
	"github.com/mailru/easyjson/jwriter"
	segmentio "github.com/segmentio/encoding/json"

	"github.com/brookgen/brookgen/benchmarks/measure"
)

// jsonPeer is one way to write events as JSON and to read them.
type jsonPeer[T any] struct {
	name   string
	fresh  func(v *T) ([]byte, error)             // into a buffer that is the caller's
	reused func(dst []byte, v *T) ([]byte, error) // behind dst, or into a buffer of its own
	decode func(data []byte, v *T) error          // nothing of data is kept
}

// event is what easyjson and the hand-written code over jx know of a type.
type event[T any] interface {
	*T
	easyjson.MarshalerUnmarshaler
	writeJX(*jx.Encoder)
	fieldJX(*jx.Decoder, []byte) error
}

// jsonPeers returns all of them, brook first. Sonic comes twice: as it is, and as encoding/json
// writes (maps sorted, <, > and & escaped, no invalid UTF-8), which brook, goccy and segmentio do
// too. Of the rest, easyjson escapes <, > and &, jx and go-json-experiment do nothing of it.
func jsonPeers[T any, P event[T]](encode func([]byte, *T) ([]byte, error),
	decode func([]byte) (T, error)) []jsonPeer[T] {
	var goccyBuf, expBuf bytes.Buffer
	goccyEncoder := goccy.NewEncoder(&goccyBuf)
	const sonicStd = encoder.SortMapKeys | encoder.EscapeHTML | encoder.CompactMarshaler |
		encoder.ValidateString
	return []jsonPeer[T]{
		{"brook",
			func(v *T) ([]byte, error) { return encode(nil, v) },
			encode,
			func(data []byte, v *T) (err error) { *v, err = decode(data); return err }},
		{"goccy",
			func(v *T) ([]byte, error) { return goccy.Marshal(v) },
			func(_ []byte, v *T) ([]byte, error) {
				goccyBuf.Reset()
				err := goccyEncoder.Encode(v)
				return goccyBuf.Bytes(), err
			},
			func(data []byte, v *T) error { return goccy.Unmarshal(data, v) }},
		{"sonic",
			func(v *T) ([]byte, error) { return sonic.Marshal(v) },
			func(dst []byte, v *T) ([]byte, error) {
				err := encoder.EncodeInto(&dst, v, 0)
				return dst, err
			},
			func(data []byte, v *T) error { return sonic.Unmarshal(data, v) }},
		{"sonic-std",
			func(v *T) ([]byte, error) { return sonic.ConfigStd.Marshal(v) },
			func(dst []byte, v *T) ([]byte, error) {
				err := encoder.EncodeInto(&dst, v, sonicStd)
				return dst, err
			},
			func(data []byte, v *T) error { return sonic.ConfigStd.Unmarshal(data, v) }},
		{"easyjson",
			func(v *T) ([]byte, error) { return easyjson.Marshal(P(v)) },
			func(dst []byte, v *T) ([]byte, error) {
				var w jwriter.Writer
				P(v).MarshalEasyJSON(&w)
				return w.BuildBytes(dst)
			},
			func(data []byte, v *T) error { return easyjson.Unmarshal(data, P(v)) }},
		{"exp",
			func(v *T) ([]byte, error) { return expjson.Marshal(v) },
			func(_ []byte, v *T) ([]byte, error) {
				expBuf.Reset()
				err := expjson.MarshalWrite(&expBuf, v)
				return expBuf.Bytes(), err
			},
			func(data []byte, v *T) error { return expjson.Unmarshal(data, v) }},
		{"segmentio",
			func(v *T) ([]byte, error) { return segmentio.Marshal(v) },
			func(dst []byte, v *T) ([]byte, error) {
				return segmentio.Append(dst, v, segmentio.EscapeHTML|segmentio.SortMapKeys)
			},
			func(data []byte, v *T) error { return segmentio.Unmarshal(data, v) }},
		{"jx",
			func(v *T) ([]byte, error) { return appendJX(nil, P(v).writeJX) },
			func(dst []byte, v *T) ([]byte, error) { return appendJX(dst, P(v).writeJX) },
			func(data []byte, v *T) error { return decodeJX(data, P(v).fieldJX) }},
		{"std",
			func(v *T) ([]byte, error) { return stdjson.Marshal(v) },
			func(dst []byte, v *T) ([]byte, error) {
				b, err := stdjson.Marshal(v)
				return append(dst, b...), err
			},
			func(data []byte, v *T) error { return stdjson.Unmarshal(data, v) }},
	}
}

// benchJSON runs all peers on v, direction by direction. Each peer reads what encoding/json wrote.
func benchJSON[T any, P event[T]](b *testing.B, v T, encode func([]byte, *T) ([]byte, error),
	decode func([]byte) (T, error)) {
	data, err := stdjson.Marshal(&v)
	if err != nil {
		b.Fatal(err)
	}
	peers := jsonPeers[T, P](encode, decode)
	for _, p := range peers {
		for range 2 { // what a peer keeps from its first call must not show in the second
			b1, err1 := p.fresh(&v)
			b2, err2 := p.reused(nil, &v)
			var back1, back2, got T
			if err1 != nil || err2 != nil || stdjson.Unmarshal(b1, &back1) != nil ||
				stdjson.Unmarshal(b2, &back2) != nil || !reflect.DeepEqual(back1, v) ||
				!reflect.DeepEqual(back2, v) {
				b.Fatalf("%s wrote %s, %v and %s, %v", p.name, b1, err1, b2, err2)
			}
			if err := p.decode(bytes.Clone(data), &got); err != nil || !reflect.DeepEqual(got, v) {
				b.Fatalf("%s read %+v, %v", p.name, got, err)
			}
		}
	}
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			start := measure.CPU()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(measure.CPU()-start)/float64(b.N), "cpu-ns/op")
		})
	}
	for _, p := range peers {
		run("decode/"+p.name, func() error { var v T; return p.decode(data, &v) })
	}
	for _, p := range peers {
		run("fresh/"+p.name, func() error { _, err := p.fresh(&v); return err })
	}
	for _, p := range peers {
		var buf []byte
		run("reused/"+p.name, func() (err error) { buf, err = p.reused(buf[:0], &v); return err })
	}
}

// ballast is a heap as a program with views has it: without it the collector would run for every
// 4 MB that a peer allocates, and whoever comes first would pay for memory that others use again.
var ballast []byte

func fillHeap() {
	ballast = make([]byte, 64<<20)
	for range 3 << 20 {
		escaped = make([]byte, 64)
	}
	runtime.GC()
}

var escaped []byte

func BenchmarkJSON(b *testing.B) {
	fillHeap()
	b.Run("S", func(b *testing.B) {
		benchJSON(b, orderPlaced, AppendOrderPlacedJSON, DecodeOrderPlacedJSON)
	})
	b.Run("M", func(b *testing.B) {
		benchJSON(b, tripEnded, AppendTripEndedJSON, DecodeTripEndedJSON)
	})
	b.Run("L", func(b *testing.B) {
		benchJSON(b, pageRead(), AppendPageReadJSON, DecodePageReadJSON)
	})
}

var orderPlaced = OrderPlaced{"order-0000123", "user-42", "AB-1234-XL", 2, 12995, "EUR", true}

var rating = 5

var tripEnded = TripEnded{
	TripID:  "b7f3c2a4-5d1e-4f7b-9a53-0c2a4d6e8f10",
	Vehicle: Vehicle{"OS-AB 1234", 4},
	Driver:  &Driver{90210, "Zoë Ångström", time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)},
	Started: time.Date(2024, 5, 17, 12, 30, 45, 123456000, time.UTC),
	Ended:   time.Date(2024, 5, 17, 12, 58, 3, 987000000, time.UTC),
	Meters:  8421.75,
	From:    Location{52.279911, 8.047178}, To: Location{52.2265432, 7.9871234},
	Fares:    map[string]float64{"base": 3.5, "distance": 14.32, "tip": 2},
	Labels:   map[string]string{"channel": "app", "tier": "gold"},
	Speeds:   []float64{31.5, 48.25, 50.1, 12.75},
	Payment:  1,
	Rating:   &rating,
	Refunded: false,
}

// pageRead has texts with escapes and of several languages.
func pageRead() PageRead {
	texts := []struct{ text, lang string }{
		{"Shipped the new build today. \"It works on my machine\" is no longer an excuse.", "en"},
		{"Heute früh über die Brücke gelaufen – schöne Grüße aus Osnabrück!", "de"},
		{"今日は新しい本を読み始めました。とても面白いです。", "ja"},
		{"First line\nSecond line\tindented\nC:\\temp\\file.txt", "en"},
		{"🎉🎉 Thanks to everyone who came, you made it a great evening 🎉", "en"},
		{"Nothing to see here, just a plain line of text that is somewhat longer than the others are.",
			"en"},
		{"if a < b && b > c { return }", "en"},
	}
	names := []string{"Jane Doe", "Jürgen Groß", "山田太郎", "O'Brien", "Zoë Ångström"}
	p := PageRead{ReaderID: "reader-5501", Cursor: "eyJvIjoxMjM0NTY3LCJuIjoyMH0",
		Topics: []string{"go", "events", "cqrs", "databases"}}
	for i := range 32 {
		t := texts[i%len(texts)]
		p.Posts = append(p.Posts, Post{
			ID:     1790000000000 + int64(i)*7919,
			Author: Author{fmt.Sprintf("user_%d", 100+i*37), names[i%len(names)], i%3 == 0},
			Text:   t.text, Language: t.lang,
			Tags:  []string{"news", "release", "v1.2"}[:i%4],
			Likes: i * i * 3, Replies: i % 7, Score: float64(i*977%1000) / 1000, Pinned: i == 0,
		})
	}
	for i := range p.Posts {
		if len(p.Posts[i].Tags) == 0 {
			p.Posts[i].Tags = []string{}
		}
	}
	return p
}
