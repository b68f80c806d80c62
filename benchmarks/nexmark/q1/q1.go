// Package q1 is query 1 of Nexmark, which converts prices from dollars to euros:
//
//	SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid
//
// The query's result is a stream that a sink takes. Here it is the collection bids, which has a row
// for each row of that stream. Blackhole throws the rows away, as the suite's sink does. The
// query's price is a DECIMAL(23, 3); here it is a whole number of thousandths, which is as exact.
package q1

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
	Bidder     int64     `json:"bidder"`
	PriceMille int64     `json:"priceMille"`
	DateTime   time.Time `json:"dateTime"`
	Extra      string    `json:"extra"`
}

// rate is what thousand dollars are in euros.
const rate = 908

// Query is the query. With Blackhole it keeps no rows.
type Query struct{ Blackhole bool }

//brook:handle
func (q Query) Bid(e brook.Event[Bid]) (row brook.Change[Key, Row]) {
	d := e.Data
	r := Row{Bidder: d.Bidder, PriceMille: rate * d.Price, DateTime: d.DateTime, Extra: d.Extra}
	if q.Blackhole {
		return row
	}
	return brook.Create(Key{e.Data.Auction, e.Position.Offset}, r)
}
