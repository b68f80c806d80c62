package codectest

import "encoding/json"

// Renamed has fields that had other names. One differs from an old name in case alone.
//
//brook:event renamed publish
type Renamed struct {
	ID     string             `json:"id" brook:"key,was=Nr"`
	Total  int64              `json:"total" brook:"was=amount,was=sum"`
	Sum    int                `json:"Sum"`
	Note   *string            `json:"note" brook:"was=comment"`
	Lines  []Entry            `json:"lines" brook:"was=items"`
	ByName map[string]Entry   `json:"byName" brook:"was=by_name"`
	First  Entry              `json:"first" brook:"was=head"`
	Last   *Entry             `json:"last" brook:"was=tail"`
	Pair   [2]Entry           `json:"pair" brook:"was=couple,was=both of them"`
	Groups map[string][]Entry `json:"groups"`
	Size   int                `json:"size" brook:"was=größe"`
	Any    any                `json:"any" brook:"was=anything"`
	Rate   `json:"rate" brook:"was=price"`
	Moved
	*Added
}

// Entry is a struct with an old name and defaults.
type Entry struct {
	Name string   `json:"name" brook:"was=title,default=none"`
	Qty  int      `json:"qty" brook:"was=quantity,default=1"`
	Tags []string `json:"tags"`
	Next *Entry   `json:"next" brook:"was=following"`
	Rate Rate     `json:"rate"`
}

// Rate has a default deep in others.
type Rate struct {
	Cents    int    `json:"cents" brook:"was=ct"`
	Currency string `json:"currency" brook:"default=EUR"`
}

// Moved is promoted.
type Moved struct {
	Street string `json:"street" brook:"was=str,default=Main Street, 1"`
	Zip    string `json:"zip" brook:"was=plz"`
}

// Added is promoted through a pointer, which stays nil if none of it is there.
type Added struct {
	Hint  string `json:"hint" brook:"was=tip"`
	Level uint8  `json:"level" brook:"default=3"`
}

// Defaults has a default of every kind.
//
//brook:event defaults publish
type Defaults struct {
	String  string      `json:"string" brook:"default=a, \"b\", was=c"`
	Upper   Upper       `json:"upper"`
	Color   Color       `json:"color" brook:"default=red|green"`
	Bool    bool        `json:"bool" brook:"default=true"`
	Int     int         `json:"int" brook:"default=-7"`
	Int8    int8        `json:"int8" brook:"default=-128"`
	Int64   int64       `json:"int64" brook:"default=-9223372036854775808"`
	Uint64  uint64      `json:"uint64" brook:"default=18446744073709551615"`
	Uintptr uintptr     `json:"uintptr" brook:"default=5"`
	Weight  Weight      `json:"weight" brook:"default=255"`
	Float32 float32     `json:"float32" brook:"default=0.1"`
	Float64 float64     `json:"float64" brook:"default=1.5E+300"`
	Number  json.Number `json:"number" brook:"default=12.50"`
	StringP *string     `json:"stringp" brook:"default="`
	WeightP *Weight     `json:"weightp" brook:"default=1"`
	BoolP   *bool       `json:"boolp" brook:"default=false"`
	Plain   int         `json:"plain"`
	Inner   struct {
		Deep struct {
			X int `json:"x" brook:"default=1"`
		} `json:"deep"`
		Y int `json:"y"`
	} `json:"inner"`
	List []Rate `json:"list"`
}

// QuotedRenamed has them beside the string option.
//
//brook:event quoted.renamed publish
type QuotedRenamed struct {
	Count  int    `json:"count,string" brook:"was=counted"`
	Number int    `json:"number,string" brook:"default=12"`
	Share  *int8  `json:"share,string" brook:"was=part,default=-3"`
	Text   string `json:"text,string" brook:"default=a \"b\""`
}

// Color is a string by another name.
type Color string

// Weight is a number by another name.
type Weight uint8

// MustRenamed requires what had another name.
//
//brook:event must.renamed publish
type MustRenamed struct {
	ID   string     `json:"id" brook:"key,required,was=nr"`
	Cur  string     `json:"cur" brook:"default=EUR"`
	List []MustName `json:"list" brook:"was=items"`
	Own  *MustName  `json:"own" brook:"required,was=self"`
	Free int        `json:"free"`
}

// MustName requires its field.
type MustName struct {
	Name string `json:"name" brook:"required,was=title"`
}

// Moving is a row whose fields had other names.
//
//brook:collection moving key=string
type Moving struct {
	ID    string  `json:"id" brook:"was=Nr"`
	Total int64   `json:"total" brook:"unique,was=amount,was=the sum"`
	Lines []Entry `json:"lines" brook:"was=items"`
	Moved
}
