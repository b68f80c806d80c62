package codectest

import "time"

// Embedding has promotion, shadowing and pointers.
//
//brook:event embedding publish
type Embedding struct {
	Base
	*Extra
	lower
	Tagged `json:"tagged"`
	*Nested
	Words
	ID    string `json:"id"`
	Outer string `json:"shadow"`
}

// Base is embedded as a value.
type Base struct {
	ID      int       `json:"id"`
	Created time.Time `json:"created"`
	Shadow  string    `json:"shadow"`
	Once    string
}

// Extra is embedded through a pointer.
type Extra struct {
	Note string `json:"note"`
	Size *int   `json:"size,omitempty"`
}

type lower struct {
	Visible string
	unseen  int
}

// Tagged is embedded under a name.
type Tagged struct{ A, B int }

// Nested embeds further.
type Nested struct {
	*Inner
	Upper Upper
}

// Inner is two pointers away.
type Inner struct {
	Deepest string `json:"deepest"`
	Count   int    `json:"count,string"`
}

// Shapes has anonymous structs, generic instances and recursion.
//
//brook:event shapes publish
type Shapes struct {
	Inline struct {
		A int    `json:"a"`
		B string `json:"b,omitempty"`
	} `json:"inline"`
	Inlines []struct{ X, Y float64 } `json:"inlines"`
	Empty   struct{}                 `json:"empty"`
	Page    Page[Item]               `json:"page"`
	Pages   map[string]Page[*Item]   `json:"pages"`
	Pair    Pair[string, []int]      `json:"pair"`
	Tree    Tree                     `json:"tree"`
	Forest  Forest                   `json:"forest"`
	Self    *Shapes                  `json:"self,omitempty"`
	Maybe   Maybe[Cents]             `json:"maybe"`
}

// Page is generic.
type Page[T any] struct {
	Items []T `json:"items"`
	Next  int `json:"next"`
}

// Pair has two parameters.
type Pair[A comparable, B any] struct {
	First  A
	Second B
}

// Maybe points at something.
type Maybe[T any] struct{ Value *T }

// Tree contains itself.
type Tree struct {
	Name        string           `json:"name"`
	Left, Right *Tree            `json:",omitempty"`
	Children    []Tree           `json:"children,omitempty"`
	ByName      map[string]*Tree `json:"by_name,omitempty"`
}

// Forest is recursive without a struct.
type Forest []Forest

// Order is a typical small event.
//
//brook:event order publish
type Order struct {
	OrderID string `json:"order_id"`
	UserID  string `json:"user_id"`
	Cents   int64  `json:"cents"`
}

// Account is a typical event of some more fields.
//
//brook:event account publish
type Account struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name,omitempty"`
	Active    bool      `json:"active"`
	Balance   float64   `json:"balance"`
	Created   time.Time `json:"created"`
	Tags      []string  `json:"tags"`
	Addresses []Address `json:"addresses"`
}

// Address is part of an Account.
type Address struct {
	Street string `json:"street"`
	City   string `json:"city"`
	Zip    string `json:"zip"`
}

// Plain values as events.
type (
	// Note is a bare string.
	//
	//brook:event note publish
	Note string

	// Total is a bare number.
	//
	//brook:event total publish
	Total float64

	// Batch is a bare slice.
	//
	//brook:event batch publish
	Batch []Item

	// Index is a bare map.
	//
	//brook:event index publish
	Index map[string]*Item
)

// Required has required fields.
//
//brook:event required publish
type Required struct {
	ID    string          `json:"id" brook:"required"`
	Count *int            `json:"count" brook:"required"`
	Inner RequiredInner   `json:"inner"`
	Opt   *RequiredInner  `json:"opt"`
	List  []RequiredInner `json:"list"`
	Free  string          `json:"free"`
}

// RequiredSparse has required fields that may be left out.
//
//brook:event required.sparse publish
type RequiredSparse struct {
	Text   string `json:"text,omitempty" brook:"required"`
	Number int    `json:"number,omitzero" brook:"required"`
	*RequiredEmbedded
	Part *RequiredPart `json:"part"`
}

// RequiredEmbedded is embedded.
type RequiredEmbedded struct {
	Deep string `json:"deep" brook:"required"`
}

// RequiredPart is a part.
type RequiredPart struct {
	Text string `json:"text,omitempty" brook:"required"`
}

// RequiredInner is part of it.
type RequiredInner struct {
	A string `json:"a" brook:"required"`
	B []int  `json:"b" brook:"required"`
}

// RequiredRow has what an event requires in a row.
//
//brook:collection required key=string
type RequiredRow struct {
	Inner RequiredInner `json:"inner"`
}
