package codectest

import (
	"encoding/json"
	"testing"
	"time"
)

var order = Order{OrderID: "order-000123", UserID: "user-42", Cents: 12995}

var account = Account{
	ID: "b7f3c2a4-5d1e-4f7b-9a53-0c2a4d6e8f10", Email: "jane.doe@example.com", Name: "Jane Döe",
	Active: true, Balance: 1234.56,
	Created: time.Date(2024, 5, 17, 12, 30, 45, 123456000, time.UTC),
	Tags:    []string{"premium", "newsletter", "beta"},
	Addresses: []Address{{"1 Main Street", "Springfield", "12345"},
		{"77 Long Road, Building 5", "Shelbyville", "54321"}},
}

func benchmark[T any](b *testing.B, v T,
	encode func([]byte, *T) ([]byte, error), decode func([]byte) (T, error)) {
	data, err := json.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("decode/wire", func() error { _, err := decode(data); return err })
	run("decode/std", func() error { var v T; return json.Unmarshal(data, &v) })
	var buf []byte
	run("encode/wire", func() (err error) { buf, err = encode(buf[:0], &v); return err })
	run("encode/std", func() error { _, err := json.Marshal(&v); return err })
}

func BenchmarkOrder(b *testing.B)   { benchmark(b, order, AppendOrderJSON, DecodeOrderJSON) }
func BenchmarkAccount(b *testing.B) { benchmark(b, account, AppendAccountJSON, DecodeAccountJSON) }
