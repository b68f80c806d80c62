package elixir_test

import (
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
)

// What a service of Brook for Elixir wrote, and what a decoder of brookgen gets to see.
func ExampleEnvelope_Open() {
	r := brook.Record{Key: []byte("person:create"),
		Value: []byte(`{"author":"svc","create_ts":1591619696789,"data":{"name":"Joe",` +
			`"born":{"__brook_struct__":"Elixir.Date","value":"1970-01-01"},"tags":{"__brook_struct__":"Elixir.MapSet","values":["a","b"]},"__brook_struct__":"Elixir.Person"},` +
			`"forwarded":false,"type":"person:create","__brook_struct__":"Elixir.Brook.Event"}`)}
	var m brook.Message
	if err := (elixir.Envelope{}).Open(&r, &m); err != nil {
		fmt.Println(err)
	}
	fmt.Println(m.Type, "of", m.Author, "at", m.Time.Format(time.RFC3339Nano))
	fmt.Printf("%s\n", m.Data)
	// Output:
	// person:create of svc at 2020-06-08T12:34:56.789Z
	// {"name":"Joe","born":"1970-01-01","tags":["a","b"]}
}

// Structs are written if Types names them.
func ExampleEnvelope_Wrap() {
	e := elixir.Envelope{
		Format: elixir.JSONSerde,
		Types: map[string]elixir.Type{
			"person:create": elixir.Struct{Name: "Elixir.Person", Fields: map[string]elixir.Type{
				"born": elixir.Date,
				"tags": elixir.MapSet{},
			}},
		},
	}
	m := brook.Message{Type: "person:create", Author: "svc", Time: time.UnixMilli(1591619696789),
		Data: []byte(`{"name":"Joe","born":"1970-01-01","tags":["a"]}`)}
	var r brook.Record
	if err := e.Wrap(&m, &r); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n%s\n", r.Key, r.Value)
	// Output:
	// person:create
	// {"author":"svc","create_ts":1591619696789,"data":{"name":"Joe","born":{"__data_type__":"date","value":"1970-01-01"},"tags":{"__data_type__":"map_set","values":["a"]},"__data_type__":"Elixir.Person"},"forwarded":false,"type":"person:create","__data_type__":"Elixir.Brook.Event"}
}
