// Package codec compares the store's codec with its peers: tinylib/msgp, by name and by position,
// and encoding/json.
//
//	go test -bench . ./codec
package codec

//go:generate go tool brookgen
//go:generate go run github.com/tinylib/msgp@v1.6.5 -unexported -tests=false -io=false -file peers.go -o peers_msgp.go
