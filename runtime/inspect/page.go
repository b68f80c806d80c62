package inspect

import "encoding/json"

// The bounds of what a call returns.
const (
	DefaultLimit = 50      // elements of a page whose Limit is 0
	MaxLimit     = 500     // elements of a page, whatever its Limit
	PageBytes    = 1 << 20 // bytes of JSON after which a page ends
)

// Page says which part of a list is to be returned. The zero Page is its beginning.
type Page struct {
	// After is the cursor that Next was of the page before; "": the beginning, with Reverse the
	// end. It names a place in the list, whose element may be gone.
	// One that is cut, or of another list, is ErrMistaken.
	After string
	// Limit is how many elements there are at most; 0: DefaultLimit. A page may have fewer although
	// there are more.
	Limit int
	// Reverse is set for descending order.
	Reverse bool
}

// Payload is bytes for people to read: as JSON, or if they are none, as text, or in base64.
type Payload struct {
	JSON   json.RawMessage `json:"json,omitempty"`
	Text   string          `json:"text,omitempty"`
	Base64 []byte          `json:"base64,omitempty"`
	// Size is how many bytes there are, in all. If they are more than is shown (64 KiB in a list, 1
	// MiB alone), Cut is set, and Text or Base64 has the beginning.
	Size int  `json:"size"`
	Cut  bool `json:"cut,omitempty"`
	// Masked says that parts of it, or all, are masked.
	Masked bool `json:"masked,omitempty"`
}
