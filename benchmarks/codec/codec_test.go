package codec

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/pack"
)

var (
	order   = Order{"order-000123", "user-42", 12995}
	account = Account{"b7f3c2a4-5d1e-4f7b-9a53-0c2a4d6e8f10", "jane.doe@example.com", "Jane Döe", true, 1234.56,
		time.Date(2024, 5, 17, 12, 30, 45, 123456000, time.UTC), []string{"premium", "newsletter", "beta"}, 321}
)

// codec is one way to write a T and to read it.
type codec[T any] struct {
	name   string
	encode func(dst []byte, v *T) ([]byte, error)
	decode func(data []byte, v *T) error
}

func ours[T any](code func(*pack.Coder, *T)) codec[T] {
	return codec[T]{"brook",
		func(dst []byte, v *T) ([]byte, error) { return pack.Append(dst, v, code) },
		func(data []byte, v *T) error { return pack.Decode(data, v, code) }}
}

func std[T any]() codec[T] {
	return codec[T]{"json",
		func(dst []byte, v *T) ([]byte, error) { b, err := json.Marshal(v); return append(dst, b...), err },
		func(data []byte, v *T) error { return json.Unmarshal(data, v) }}
}

// bench runs one way of writing and reading v, and tells how many bytes it takes.
func bench[T any](b *testing.B, v T, c codec[T]) {
	data, err := c.encode(nil, &v)
	if err != nil {
		b.Fatal(err)
	}
	var got T
	if err := c.decode(data, &got); err != nil {
		b.Fatal(err)
	}
	again, err := c.encode(nil, &got)
	if err != nil || !reflect.DeepEqual(again, data) {
		b.Fatalf("%x became %x, %v", data, again, err)
	}
	b.Run("encode/"+c.name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if data, err = c.encode(data[:0], &v); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("decode/"+c.name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v T
			if err := c.decode(data, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOrder(b *testing.B) {
	bench(b, order, ours(packOrder))
	bench(b, mapOrder(order), codec[mapOrder]{"msgp-map",
		func(dst []byte, v *mapOrder) ([]byte, error) { return v.MarshalMsg(dst) },
		func(data []byte, v *mapOrder) error { _, err := v.UnmarshalMsg(data); return err }})
	bench(b, tupleOrder(order), codec[tupleOrder]{"msgp-tuple",
		func(dst []byte, v *tupleOrder) ([]byte, error) { return v.MarshalMsg(dst) },
		func(data []byte, v *tupleOrder) error { _, err := v.UnmarshalMsg(data); return err }})
	bench(b, order, std[Order]())
}

func BenchmarkAccount(b *testing.B) {
	bench(b, account, ours(packAccount))
	bench(b, mapAccount(account), codec[mapAccount]{"msgp-map",
		func(dst []byte, v *mapAccount) ([]byte, error) { return v.MarshalMsg(dst) },
		func(data []byte, v *mapAccount) error { _, err := v.UnmarshalMsg(data); return err }})
	bench(b, tupleAccount(account), codec[tupleAccount]{"msgp-tuple",
		func(dst []byte, v *tupleAccount) ([]byte, error) { return v.MarshalMsg(dst) },
		func(data []byte, v *tupleAccount) error { _, err := v.UnmarshalMsg(data); return err }})
	bench(b, account, std[Account]())
}

// BenchmarkTranscode reads an Account that was written when it had another shape.
func BenchmarkTranscode(b *testing.B) {
	type older struct {
		Gone    string
		Visits  int64
		ID      string
		Tags    []string
		Balance float64
	}
	o := older{"gone", 12, account.ID, account.Tags, account.Balance}
	data, err := pack.Append(nil, &o, func(c *pack.Coder, o *older) {
		c.Struct(5)
		c.String(&o.Gone)
		c.Int64(&o.Visits)
		c.String(&o.ID)
		pack.Slice(c, &o.Tags, (*pack.Coder).String)
		c.Float64(&o.Balance)
	})
	if err != nil {
		b.Fatal(err)
	}
	old, err := pack.ParseSchema("{gone string,visits int32,id string,tags []string,balance float64}")
	if err != nil {
		b.Fatal(err)
	}
	now, err := pack.ParseSchema(accountSchema)
	if err != nil {
		b.Fatal(err)
	}
	t, err := pack.NewTranscoder(old, now)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = t.Append(buf[:0], data); err != nil {
			b.Fatal(err)
		}
		var v Account
		if err := pack.Decode(buf, &v, packAccount); err != nil {
			b.Fatal(err)
		}
	}
}
