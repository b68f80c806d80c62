package codectest

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"net/url"
	"time"
)

// Stored is a value of a collection with everything that a copy must look after.
//
//brook:collection stored key=string
type Stored struct {
	ID      string
	Tags    []string
	Items   []Item
	ByName  map[string]int
	Deep    map[string][]Item
	Ptr     *int
	ItemPtr *Item
	Arr     [2][]int
	Flat    [2]int
	At      time.Time
	Times   []time.Time
	Any     any
	Object  map[string]any
	Raw     json.RawMessage
	Blob    []byte
	Big     big.Int
	BigPtr  *big.Int
	URL     *url.URL
	Addr    netip.Addr
	Tree    *Tree
	Skipped string `json:"-"`
	hidden  int
	Opaque  Opaque
	Half    Half
	Base
	*Extra
	lower
}

// Opaque keeps its state to itself.
type Opaque struct{ state []string }

// MarshalJSON gives the state.
func (o Opaque) MarshalJSON() ([]byte, error) { return json.Marshal(o.state) }

// UnmarshalJSON takes the state.
func (o *Opaque) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &o.state) }

// Half is stored by halves.
type Half struct {
	Seen  string
	cache map[string]int
}

// Simple needs no copying.
//
//brook:collection simple key=string
type Simple struct {
	ID    string
	Count int
	Arr   [4]byte
	Plain Plain
}
