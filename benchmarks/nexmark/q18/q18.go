// Package q18 is query 18 of Nexmark, the last bid of each bidder for each auction:
//
//	SELECT auction, bidder, price, channel, url, dateTime, extra
//	FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC)
//	      AS rank_number FROM bid)
//	WHERE rank_number <= 1
//
// The query's result is a stream of updates, each a bid that replaces another one, which the
// suite's sink throws away. Here it is the collection last, which has a row for each bidder and
// auction: at any instant it is the table that the stream describes. Of bids of one time the one
// that is later in the log is the last, as in Flink, which calls this a deduplication that keeps
// the last row.
package q18

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

// Key is what bids are partitioned by. The auction comes first, since it is the key of events.
type Key struct {
	Auction int64 `json:"auction"`
	Bidder  int64 `json:"bidder"`
}

// Last is a row of the query's result, without auction and bidder, which are in its key.
//
//brook:collection last key=Key history=off
type Last struct {
	Price    int64     `json:"price"`
	Channel  string    `json:"channel"`
	URL      string    `json:"url"`
	DateTime time.Time `json:"dateTime"`
	Extra    string    `json:"extra"`
}

// Query is the query.
type Query struct{}

//brook:handle
func (Query) Bid(e brook.Event[Bid]) brook.Change[Key, Last] {
	d := e.Data
	return brook.Merge(Key{d.Auction, d.Bidder}, func(l *Last) {
		if d.DateTime.Before(l.DateTime) {
			return
		}
		*l = Last{Price: d.Price, Channel: d.Channel, URL: d.URL, DateTime: d.DateTime,
			Extra: d.Extra}
	})
}
