// Package line is the form in which deliveries lie in files: a contract of one event, for its
// codec.
package line

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import "encoding/json"

// Line is a line of a file: GitHub's name of the kind, and what it sent. The name that a line may
// have beside them is of no interest.
//
//brook:event github.line
type Line struct {
	Event   string          `json:"event" brook:"required"`
	Payload json.RawMessage `json:"payload" brook:"required"`
}
