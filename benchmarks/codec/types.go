package codec

import "time"

// Order has three fields.
//
//brook:collection orders key=string
type Order struct {
	ID     string `json:"id"`
	UserID string `json:"user_id"`
	Cents  int64  `json:"cents"`
}

// Account has eight.
//
//brook:collection accounts key=string
type Account struct {
	ID      string    `json:"id"`
	Email   string    `json:"email"`
	Name    string    `json:"name"`
	Active  bool      `json:"active"`
	Balance float64   `json:"balance"`
	Created time.Time `json:"created"`
	Tags    []string  `json:"tags"`
	Visits  int64     `json:"visits"`
}
