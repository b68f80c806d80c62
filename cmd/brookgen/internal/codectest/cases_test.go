package codectest

import "encoding/json"

// tested is one type with its codec, erased.
type tested struct {
	name   string
	fresh  func() any // a pointer to a zero value
	encode func(v any) ([]byte, error)
	decode func(data []byte) (any, error) // a pointer
	std    func(data []byte) (any, error)
	aged   bool // fields had other names, or have defaults
}

func codec[T any](name string,
	encode func([]byte, *T) ([]byte, error), decode func([]byte) (T, error)) tested {
	return tested{
		name:   name,
		fresh:  func() any { return new(T) },
		encode: func(v any) ([]byte, error) { return encode(nil, v.(*T)) },
		decode: func(data []byte) (any, error) { v, err := decode(data); return &v, err },
		std: func(data []byte) (any, error) {
			v := new(T)
			err := json.Unmarshal(data, v)
			return v, err
		},
	}
}

var all = []tested{
	codec("Basics", AppendBasicsJSON, DecodeBasicsJSON),
	codec("Named", AppendNamedJSON, DecodeNamedJSON),
	codec("Special", AppendSpecialJSON, DecodeSpecialJSON),
	codec("Containers", AppendContainersJSON, DecodeContainersJSON),
	codec("Options", AppendOptionsJSON, DecodeOptionsJSON),
	codec("Quoted", AppendQuotedJSON, DecodeQuotedJSON),
	codec("Marshalers", AppendMarshalersJSON, DecodeMarshalersJSON),
	codec("Embedding", AppendEmbeddingJSON, DecodeEmbeddingJSON),
	codec("Shapes", AppendShapesJSON, DecodeShapesJSON),
	codec("Order", AppendOrderJSON, DecodeOrderJSON),
	codec("Account", AppendAccountJSON, DecodeAccountJSON),
	codec("Note", AppendNoteJSON, DecodeNoteJSON),
	codec("Total", AppendTotalJSON, DecodeTotalJSON),
	codec("Batch", AppendBatchJSON, DecodeBatchJSON),
	codec("Index", AppendIndexJSON, DecodeIndexJSON),
	codec("Stored", AppendStoredJSON, DecodeStoredJSON),
	codec("Simple", AppendSimpleJSON, DecodeSimpleJSON),
	renaming("Renamed", AppendRenamedJSON, DecodeRenamedJSON),
	renaming("Defaults", AppendDefaultsJSON, DecodeDefaultsJSON),
	renaming("QuotedRenamed", AppendQuotedRenamedJSON, DecodeQuotedRenamedJSON),
	renaming("Moving", AppendMovingJSON, DecodeMovingJSON),
	codec("Veteran", AppendVeteranJSON, DecodeVeteranJSON),
}
