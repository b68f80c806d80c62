// Package q0 is query 0 of Nexmark, which passes bids through:
//
//	SELECT auction, bidder, price, dateTime, extra FROM bid
//
// The query's result is a stream that a sink takes. Here it is the collection bids, which has a row
// for each row of that stream. Blackhole throws the rows away, as the suite's sink does.
package q0

//go:generate go tool brookgen

import (
	"time"

	"github.com/brookgen/brookgen/benchmarks/nexmark/events"
	brook "github.com/brookgen/brookgen/runtime"
)

// Person is not asked for.
//
//brook:event nexmark.person discard
type Person = events.Person

// Auction is not asked for.
//
//brook:event nexmark.auction discard
type Auction = events.Auction

// Bid is a row of the table bid.
//
//brook:event nexmark.bid history=off
type Bid = events.Bid

// Key is the key of a row: bids of an auction are in one partition, so that their offsets differ.
type Key struct {
	Auction int64 `json:"auction"`
	Offset  int64 `json:"offset"`
}

// Row is a row of the query's result, without the auction, which is in its key.
//
//brook:collection bids key=Key history=off
type Row struct {
	Bidder   int64     `json:"bidder"`
	Price    int64     `json:"price"`
	DateTime time.Time `json:"dateTime"`
	Extra    string    `json:"extra"`
}

// Query is the query. With Blackhole it keeps no rows.
type Query struct{ Blackhole bool }

//brook:handle
func (q Query) Bid(e brook.Event[Bid]) (row brook.Change[Key, Row]) {
	d := e.Data
	r := Row{Bidder: d.Bidder, Price: d.Price, DateTime: d.DateTime, Extra: d.Extra}
	if q.Blackhole {
		return row
	}
	return brook.Create(Key{e.Data.Auction, e.Position.Offset}, r)
}
