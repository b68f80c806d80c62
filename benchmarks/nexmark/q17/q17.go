// Package q17 is query 17 of Nexmark, the statistics of each auction and day:
//
//	SELECT auction, DATE_FORMAT(dateTime, 'yyyy-MM-dd') AS day, count(*) AS total_bids,
//	       count(*) FILTER (WHERE price < 10000) AS rank1_bids,
//	       count(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
//	       count(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
//	       min(price) AS min_price, max(price) AS max_price, avg(price) AS avg_price,
//	       sum(price) AS sum_price
//	FROM bid GROUP BY auction, DATE_FORMAT(dateTime, 'yyyy-MM-dd')
//
// The query's result is a stream of updates, each a row of the groups so far, which the suite's
// sink throws away. Here it is the collection statistics, in which each bid updates the row of its
// group: at any instant it is the table that the stream describes. What Flink keeps as the state of
// the aggregation is that table.
package q17

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

// Key is what bids are grouped by.
type Key struct {
	Auction int64  `json:"auction"`
	Day     string `json:"day"`
}

// Statistics is a row of the query's result, without auction and day, which are in its key.
//
//brook:collection statistics key=Key history=off
type Statistics struct {
	TotalBids int64 `json:"totalBids"`
	Rank1Bids int64 `json:"rank1Bids"`
	Rank2Bids int64 `json:"rank2Bids"`
	Rank3Bids int64 `json:"rank3Bids"`
	MinPrice  int64 `json:"minPrice"`
	MaxPrice  int64 `json:"maxPrice"`
	AvgPrice  int64 `json:"avgPrice"`
	SumPrice  int64 `json:"sumPrice"`
}

// Query is the query.
type Query struct{}

//brook:handle
func (Query) Bid(e brook.Event[Bid]) brook.Change[Key, Statistics] {
	price := e.Data.Price
	key := Key{e.Data.Auction, e.Data.DateTime.Format(time.DateOnly)}
	return brook.Merge(key, func(s *Statistics) {
		switch {
		case price < 10_000:
			s.Rank1Bids++
		case price < 1_000_000:
			s.Rank2Bids++
		default:
			s.Rank3Bids++
		}
		if s.TotalBids == 0 || price < s.MinPrice {
			s.MinPrice = price
		}
		s.MaxPrice = max(s.MaxPrice, price)
		s.TotalBids++
		s.SumPrice += price
		s.AvgPrice = s.SumPrice / s.TotalBids
	})
}
