package codectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// Marshalers has types with methods of their own, on values and on pointers.
//
//brook:event marshalers publish
type Marshalers struct {
	Status    Status              `json:"status"`
	StatusPtr *Status             `json:"status_ptr"`
	Statuses  []Status            `json:"statuses"`
	ByName    map[string]Status   `json:"by_name"`
	Upper     Upper               `json:"upper"`
	UpperPtr  *Upper              `json:"upper_ptr"`
	Uppers    []Upper             `json:"uppers"`
	InMap     map[string]Upper    `json:"in_map"`
	ArrMap    map[string][2]Upper `json:"arr_map"`
	Holder    Holder              `json:"holder"`
	Holders   map[string]Holder   `json:"holders"`
	HolderPtr map[string]*Holder  `json:"holder_ptr"`
	Point     Point               `json:"point"`
	Points    []Point             `json:"points"`
	List      List                `json:"list"`
	Table     Table               `json:"table"`
	ListText  ListText            `json:"list_text"`
	Grades    []Grade             `json:"grades"`
	Big       big.Int             `json:"big"`
	BigPtr    *big.Int            `json:"big_ptr"`
	Addr      netip.Addr          `json:"addr"`
	ByAddr    map[netip.Addr]int  `json:"by_addr"`
	Embeds    Embeds              `json:"embeds"`
}

// Status is written as a name; both methods on the value where that is possible.
type Status int

// MarshalJSON writes the name.
func (s Status) MarshalJSON() ([]byte, error) {
	if s < 0 {
		return nil, errors.New("negative status")
	}
	return json.Marshal(" <" + strconv.Itoa(int(s)) + "> ")
}

// UnmarshalJSON takes the name.
func (s *Status) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*s = 77
		return nil
	}
	var name string
	if err := json.Unmarshal(b, &name); err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.Trim(name, "<> "))
	*s = Status(n)
	return err
}

// Upper has text methods on the pointer.
type Upper string

// MarshalText gives upper case.
func (u *Upper) MarshalText() ([]byte, error) { return bytes.ToUpper([]byte(*u)), nil }

// UnmarshalText gives lower case.
func (u *Upper) UnmarshalText(b []byte) error {
	if string(b) == "bad" {
		return errors.New("bad text")
	}
	*u = Upper(bytes.ToLower(b))
	return nil
}

// Holder holds one, so what becomes of it depends on where it is.
type Holder struct {
	Upper Upper
	Plain string
	Ptr   *Upper
	Pair  [2]Upper
}

// Point is text, also as a key of a map.
type Point struct{ X, Y int }

// MarshalText gives x/y.
func (p Point) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d/%d", p.X, p.Y), nil }

// UnmarshalText takes x/y.
func (p *Point) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "%d/%d", &p.X, &p.Y)
	return err
}

// Both has both kinds of methods.
type Both struct{ N int }

// MarshalText gives the number.
func (b Both) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(b.N), 10), nil }

// UnmarshalText takes the number.
func (b *Both) UnmarshalText(t []byte) (err error) {
	b.N, err = strconv.Atoi(string(t))
	return err
}

// UnmarshalJSON takes the number in a string and adds one.
func (b *Both) UnmarshalJSON(t []byte) (err error) {
	b.N, err = strconv.Atoi(strings.Trim(string(t), `"`))
	b.N++
	return err
}

// List is a slice with JSON methods.
type List []string

// MarshalJSON joins them.
func (l List) MarshalJSON() ([]byte, error) { return json.Marshal(strings.Join(l, " & ")) }

// UnmarshalJSON splits them.
func (l *List) UnmarshalJSON(b []byte) error {
	var s string
	err := json.Unmarshal(b, &s)
	*l = strings.Split(s, " & ")
	return err
}

// Table is a map with JSON methods.
type Table map[string]int

// MarshalJSON writes a list, not compact.
func (t Table) MarshalJSON() ([]byte, error) {
	return []byte(fmt.Sprintf("[ %d , \"\u2028<\" ]", len(t))), nil
}

// UnmarshalJSON keeps the length.
func (t *Table) UnmarshalJSON(b []byte) error {
	*t = Table{"len": len(b)}
	return nil
}

// ListText is a slice with text methods.
type ListText []string

// MarshalText joins them.
func (l ListText) MarshalText() ([]byte, error) { return []byte(strings.Join(l, ",")), nil }

// UnmarshalText splits them.
func (l *ListText) UnmarshalText(b []byte) error {
	*l = strings.Split(string(b), ",")
	return nil
}

// Grade is a byte with text methods, so slices of it are not base64, but are read from it.
type Grade byte

// MarshalText gives a letter.
func (g Grade) MarshalText() ([]byte, error) { return []byte{'A' + byte(g)%26}, nil }

// UnmarshalText takes a letter.
func (g *Grade) UnmarshalText(b []byte) error {
	if len(b) != 1 {
		return errors.New("not a grade")
	}
	*g = Grade(b[0] - 'A')
	return nil
}

// Embeds has promoted methods.
type Embeds struct {
	Point
	cached int //lint:ignore U1000 as nobody sees it
}
