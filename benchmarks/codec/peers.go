package codec

import "time"

//msgp:tuple tupleOrder
//msgp:tuple tupleAccount

type mapOrder struct {
	ID     string `msg:"id"`
	UserID string `msg:"user_id"`
	Cents  int64  `msg:"cents"`
}

type tupleOrder struct {
	ID     string
	UserID string
	Cents  int64
}

type mapAccount struct {
	ID      string    `msg:"id"`
	Email   string    `msg:"email"`
	Name    string    `msg:"name"`
	Active  bool      `msg:"active"`
	Balance float64   `msg:"balance"`
	Created time.Time `msg:"created"`
	Tags    []string  `msg:"tags"`
	Visits  int64     `msg:"visits"`
}

type tupleAccount struct {
	ID      string
	Email   string
	Name    string
	Active  bool
	Balance float64
	Created time.Time
	Tags    []string
	Visits  int64
}
