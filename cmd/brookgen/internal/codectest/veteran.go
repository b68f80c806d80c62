package codectest

import "time"

// Veteran had other shapes before: testdata/shapes keeps values of each, which must be read as long
// as the package lives. Whoever changes it records the new shape: go test -run TestShapes -record.
//
//brook:collection veterans key=string
type Veteran struct {
	FullName   string             `json:"name"` // the first shape called it Name
	ID         string             `json:"id"`
	Age        int64              `json:"age"`    // int16, then int32
	Nick       *string            `json:"nick"`   // string
	Scores     map[string]float64 `json:"scores"` // map[string]float32
	Born       time.Time          `json:"born"`   // since the second
	Homes      []Home             `json:"homes"`  // since the second
	Parent     *Veteran           `json:"parent"`
	Birthplace                    // since the third, called Origin until the sixth
}

// Home is where a veteran lived.
type Home struct {
	Zip     string `json:"zip"` // stood behind Street
	Street  string `json:"street"`
	Country string `json:"country"` // since the fourth
}

// Birthplace is where a veteran comes from.
type Birthplace struct {
	City string `json:"city"`
	Code uint32 `json:"code"` // uint8
}
