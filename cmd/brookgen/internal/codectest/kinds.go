package codectest

//lint:file-ignore SA5008 odd tags are what is tested

import (
	"encoding/json"
	"time"
)

// Basics has every basic kind.
//
//brook:event basics publish
type Basics struct {
	Bool    bool    `json:"bool"`
	Int     int     `json:"int"`
	Int8    int8    `json:"int8"`
	Int16   int16   `json:"int16"`
	Int32   int32   `json:"int32"`
	Int64   int64   `json:"int64"`
	Uint    uint    `json:"uint"`
	Uint8   uint8   `json:"uint8"`
	Uint16  uint16  `json:"uint16"`
	Uint32  uint32  `json:"uint32"`
	Uint64  uint64  `json:"uint64"`
	Uintptr uintptr `json:"uintptr"`
	Float32 float32 `json:"float32"`
	Float64 float64 `json:"float64"`
	String  string  `json:"string"`
	Rune    rune
	Byte    byte
}

// Defined types over basic ones.
type (
	Flag   bool
	Cents  int64
	Level  uint8
	Ratio  float32
	Email  string
	Words  []Email
	Counts map[Email]Cents
	Chunk  []byte
	Letter byte
	Text   []Letter
	Link   *Cents
	Free   any
	Digits json.Number
)

// Named has fields of defined types.
//
//brook:event named publish
type Named struct {
	Flag   Flag
	Cents  Cents
	Level  Level
	Ratio  Ratio
	Email  Email
	Words  Words
	Counts Counts
	Chunk  Chunk
	Text   Text
	Link   Link
	Free   Free
	Digits Digits
	Wait   time.Duration
	Month  time.Month
}

// Special has the types that are recognised by identity.
//
//brook:event special publish
type Special struct {
	At     time.Time         `json:"at"`
	AtPtr  *time.Time        `json:"at_ptr"`
	Times  []time.Time       `json:"times"`
	Wait   time.Duration     `json:"wait"`
	Raw    json.RawMessage   `json:"raw"`
	RawPtr *json.RawMessage  `json:"raw_ptr"`
	Raws   []json.RawMessage `json:"raws"`
	Number json.Number       `json:"number"`
	NumPtr *json.Number      `json:"num_ptr"`
	Any    any               `json:"any"`
	AnyPtr *any              `json:"any_ptr"`
	Anys   []any             `json:"anys"`
	Object map[string]any    `json:"object"`
	Bytes  []byte            `json:"bytes"`
	Blobs  [][]byte          `json:"blobs"`
}

// Containers nests slices, arrays, maps and pointers.
//
//brook:event containers publish
type Containers struct {
	Strings  []string                      `json:"strings"`
	Matrix   [][]int                       `json:"matrix"`
	Triple   [3]int                        `json:"triple"`
	Hash     [4]byte                       `json:"hash"`
	None     [0]string                     `json:"none"`
	Items    []Item                        `json:"items"`
	ItemPtrs []*Item                       `json:"item_ptrs"`
	Pair     [2]Item                       `json:"pair"`
	PairPtr  *[2]Item                      `json:"pair_ptr"`
	ByName   map[string]Item               `json:"by_name"`
	ByID     map[int64]*Item               `json:"by_id"`
	ByLevel  map[Level][]string            `json:"by_level"`
	BySmall  map[int8]bool                 `json:"by_small"`
	ByText   map[Point]string              `json:"by_text"`
	ByBoth   map[Both]int                  `json:"by_both"`
	Deep     map[string][]map[string]*Item `json:"deep"`
	Ptr      *string                       `json:"ptr"`
	PtrPtr   **int                         `json:"ptr_ptr"`
	SlicePtr *[]string                     `json:"slice_ptr"`
	MapPtr   *map[string]int               `json:"map_ptr"`
}

// Item is a plain struct within others.
type Item struct {
	Name  string   `json:"name"`
	Count int      `json:"count"`
	Tags  []string `json:"tags"`
}

// Options has the options of tags.
//
//brook:event options publish
type Options struct {
	EmptyBool   bool            `json:"empty_bool,omitempty"`
	EmptyInt    int             `json:"empty_int,omitempty"`
	EmptyFloat  float64         `json:"empty_float,omitempty"`
	EmptyString string          `json:"empty_string,omitempty"`
	EmptySlice  []string        `json:"empty_slice,omitempty"`
	EmptyMap    map[string]int  `json:"empty_map,omitempty"`
	EmptyPtr    *Item           `json:"empty_ptr,omitempty"`
	EmptyStruct Item            `json:"empty_struct,omitempty"`
	EmptyArray  [2]int          `json:"empty_array,omitempty"`
	EmptyNone   [0]int          `json:"empty_none,omitempty"`
	EmptyAny    any             `json:"empty_any,omitempty"`
	EmptyTime   time.Time       `json:"empty_time,omitempty"`
	EmptyNamed  Flag            `json:"empty_named,omitempty"`
	EmptyNumber json.Number     `json:"empty_number,omitempty"`
	EmptyRaw    json.RawMessage `json:"empty_raw,omitempty"`
	ZeroInt     Cents           `json:"zero_int,omitzero"`
	ZeroFloat   float64         `json:"zero_float,omitzero"`
	ZeroString  string          `json:"zero_string,omitzero"`
	ZeroSlice   []string        `json:"zero_slice,omitzero"`
	ZeroMap     map[string]int  `json:"zero_map,omitzero"`
	ZeroPtr     *int            `json:"zero_ptr,omitzero"`
	ZeroTime    time.Time       `json:"zero_time,omitzero"`
	ZeroTimePtr *time.Time      `json:"zero_time_ptr,omitzero"`
	ZeroPlain   Plain           `json:"zero_plain,omitzero"`
	ZeroItem    Item            `json:"zero_item,omitzero"`
	ZeroArray   [2]int          `json:"zero_array,omitzero"`
	ZeroSlices  [2][]int        `json:"zero_slices,omitzero"`
	ZeroOwn     Never           `json:"zero_own,omitzero"`
	ZeroOwnPtr  Always          `json:"zero_own_ptr,omitzero"`
	Both        string          `json:"both,omitempty,omitzero"`
	Skipped     string          `json:"-"`
	Dash        string          `json:"-,"`
	Odd         string          `json:"a<b&c"`
	Bad         string          `json:"bad\"name"`
	Unicode     string          `json:"größe"`
	Long        string          `json:"ſize"`
	Event       string          `json:"e"` // case tells names apart where both are known
	Eventual    int             `json:"E"`
	hidden      int             //lint:ignore U1000 as nobody sees it
}

// Plain can be compared.
type Plain struct {
	A int
	B string
	C float64
}

// Never says that it is never zero.
type Never int

// IsZero says no.
func (Never) IsZero() bool { return false }

// Always says that it is always zero, if its address can be had.
type Always string

// IsZero says yes.
func (*Always) IsZero() bool { return true }

// Quoted has the string option on everything that heeds it, and on what does not.
//
//brook:event quoted publish
type Quoted struct {
	Bool    bool        `json:"bool,string"`
	Int     int         `json:"int,string"`
	Int8    int8        `json:"int8,string"`
	Uint16  uint16      `json:"uint16,string"`
	Cents   Cents       `json:"cents,string"`
	Float32 float32     `json:"float32,string"`
	Float64 float64     `json:"float64,string,omitempty"`
	String  string      `json:"string,string"`
	Email   Email       `json:"email,string"`
	Number  json.Number `json:"number,string"`
	IntPtr  *int        `json:"int_ptr,string"`
	BoolPtr *Flag       `json:"bool_ptr,string,omitempty"`
	StrPtr  *string     `json:"str_ptr,string"`
	Slice   []int       `json:"slice,string"`
	PtrPtr  **int       `json:"ptr_ptr,string"`
}
