// Package codec compares serializers with their peers: that of stores (types.go) with tinylib/msgp,
// by name and by position, and encoding/json; JSON of events of three sizes (events.go) with goccy,
// sonic, easyjson, go-json-experiment, segmentio, code by hand over go-faster/jx, and
// encoding/json.
//
//	go test -bench . ./codec
//
// Peers of one size and direction run one after the other. On a machine that does other work, run
// the whole several times and take the median of each.
package codec

//go:generate go tool brookgen
//go:generate go run github.com/tinylib/msgp@v1.6.5 -unexported -tests=false -io=false -file peers.go -o peers_msgp.go
//go:generate go run github.com/mailru/easyjson/easyjson@v0.9.2 -all -no_std_marshalers -output_filename peers_easyjson.go events.go
