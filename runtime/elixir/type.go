package elixir

// Type is what a JSON value is in Elixir: [Struct], [List], [Map], [MapSet], [Tuple], [Keyword],
// or a [Scalar] such as DateTime. A nil Type leaves the value as it is; null stays null
// (nil) whatever the Type.
type Type interface {
	write(w *writer)
}

// Struct is an object that is a struct of a module.
type Struct struct {
	// Name is the module's, as Elixir's to_string returns it: "Elixir.SmartCity.Dataset". In
	// json_serde it may be the alias that the module was given. The reader must have the module.
	Name string
	// Fields are the types of fields, by their JSON names. Other fields are written as they are.
	Fields map[string]Type
}

// List is an array whose elements are each of a type.
type List struct{ Of Type }

// Map is an object whose values are each of a type.
type Map struct{ Of Type }

// MapSet is an array that is a MapSet, with elements each of a type.
type MapSet struct{ Of Type }

// Tuple is an array that is a tuple, with the types of its elements. An array of another length is
// an error. brook_serializer has no tuples.
type Tuple []Type

// Keyword is an array of pairs of a string and a value, [["host","a"],["port",1]], that is a
// keyword list. Its values are each of a type.
type Keyword struct{ Of Type }

// Scalar is a string that is a value of one of Elixir's own types.
type Scalar string

// What a Scalar can be.
const (
	DateTime Scalar = "DateTime" // a time as RFC 3339
	// the same, written in UTC without a zone; one that has none is written as it is
	NaiveDateTime Scalar = "NaiveDateTime"
	Date          Scalar = "Date" // 2020-06-08
	Time          Scalar = "Time" // 12:34:56.789
	Atom          Scalar = "Atom" // to brook_serializer atoms are strings
	// a number, or a string that holds one; to brook_serializer a struct of its coef, exp and sign
	Decimal Scalar = "Decimal"
)

// Not written by their names.
const (
	mapSet Scalar = "MapSet"
	tuple  Scalar = "Tuple"
)
