// Package q2 is query 2 of Nexmark, which selects the bids for every 123rd auction:
//
//	SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0
//
// The query's result is a stream that a sink takes. Here it is the collection bids, which has a row
// for each row of that stream. Blackhole throws the rows away, as the suite's sink does.
package q2

//go:generate go tool brookgen

import (
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
	Price int64 `json:"price"`
}

// Query is the query. With Blackhole it keeps no rows.
type Query struct{ Blackhole bool }

//brook:handle
func (q Query) Bid(e brook.Event[Bid]) (row brook.Change[Key, Row]) {
	if e.Data.Auction%123 != 0 || q.Blackhole {
		return row
	}
	return brook.Create(Key{e.Data.Auction, e.Position.Offset}, Row{Price: e.Data.Price})
}
