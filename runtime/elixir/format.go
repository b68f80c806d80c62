package elixir

// Format is one of Brook's formats. The zero Format is BrookSerializer.
type Format uint8

// What Brook's configuration names :brook (Brook.Serde), and :json_serde (Brook.Legacy
// writes that, too).
const (
	BrookSerializer Format = iota
	JSONSerde
)

// String returns the name of the Elixir package that writes the format.
func (f Format) String() string {
	if f == JSONSerde {
		return "json_serde"
	}
	return "brook_serializer"
}

// The keys under which the formats name structs, and the struct of an event.
const (
	brookKey = "__brook_struct__"
	serdeKey = "__data_type__"
	eventOf  = "Elixir.Brook.Event"
)

// key returns the key under which the format names structs.
func (f Format) key() string {
	if f == JSONSerde {
		return serdeKey
	}
	return brookKey
}

// nameOf returns the format's name for one of Elixir's own types, "" if it has no form for it.
func (f Format) nameOf(s Scalar) string {
	if f == BrookSerializer {
		switch s {
		case DateTime, NaiveDateTime, Date, Time, mapSet:
			return "Elixir." + string(s)
		}
		return ""
	}
	switch s {
	case DateTime:
		return "date_time"
	case NaiveDateTime:
		return "naive_date_time"
	case Date:
		return "date"
	case Time:
		return "time"
	case Atom:
		return "atom"
	case Decimal:
		return decimalName
	case mapSet:
		return "map_set"
	}
	return "tuple"
}
