// Package q20 is query 20 of Nexmark, the bids for auctions of category 10, with their auction:
//
//	SELECT auction, bidder, price, channel, url, B.dateTime, B.extra, itemName, description,
//	       initialBid, reserve, A.dateTime, expires, seller, category, A.extra
//	FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id
//	WHERE A.category = 10
//
// The query's result is a stream that a sink takes. Here it is the collection bids, which has a row
// for each row of that stream. Blackhole throws the rows away, as the suite's sink does.
//
// A join of streams keeps both sides: here auctions of category 10 are kept in whole, of others
// only that they are there, and bids are kept in early until their auction comes. Flink keeps every
// bid for good, since it does not know that there is one auction of an ID and that it never
// changes.
package q20

//go:generate go tool brookgen

import (
	"errors"
	"time"

	"github.com/brookgen/brookgen/benchmarks/nexmark/events"
	brook "github.com/brookgen/brookgen/runtime"
)

// Person is not asked for.
//
//brook:event nexmark.person discard
type Person = events.Person

// Auction is a row of the table auction.
//
//brook:event nexmark.auction history=off
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

// Item is what is known of an auction: all of it if bids for it are asked for, else nothing.
//
//brook:collection auctions key=int64 history=off
type Item struct {
	Asked       bool      `json:"asked"`
	ItemName    string    `json:"itemName"`
	Description string    `json:"description"`
	InitialBid  int64     `json:"initialBid"`
	Reserve     int64     `json:"reserve"`
	DateTime    time.Time `json:"dateTime"`
	Expires     time.Time `json:"expires"`
	Seller      int64     `json:"seller"`
	Category    int64     `json:"category"`
	Extra       string    `json:"extra"`
}

// Early is a bid whose auction is yet to come.
//
//brook:collection early key=Key history=off
type Early struct {
	Bidder   int64     `json:"bidder"`
	Price    int64     `json:"price"`
	Channel  string    `json:"channel"`
	URL      string    `json:"url"`
	DateTime time.Time `json:"dateTime"`
	Extra    string    `json:"extra"`
}

// Row is a row of the query's result, without the auction's ID, which is in its key.
//
//brook:collection bids key=Key history=off
type Row struct {
	Bidder          int64     `json:"bidder"`
	Price           int64     `json:"price"`
	Channel         string    `json:"channel"`
	URL             string    `json:"url"`
	BidDateTime     time.Time `json:"bidDateTime"`
	BidExtra        string    `json:"bidExtra"`
	ItemName        string    `json:"itemName"`
	Description     string    `json:"description"`
	InitialBid      int64     `json:"initialBid"`
	Reserve         int64     `json:"reserve"`
	AuctionDateTime time.Time `json:"auctionDateTime"`
	Expires         time.Time `json:"expires"`
	Seller          int64     `json:"seller"`
	Category        int64     `json:"category"`
	AuctionExtra    string    `json:"auctionExtra"`
}

// asked is the category whose bids the query asks for.
const asked = 10

// Query is the query. With Blackhole it keeps no rows of the result, but what it needs to join.
type Query struct{ Blackhole bool }

//brook:handle
func (q Query) Auction(e brook.Event[Auction], early brook.View[Key, Early]) (
	item brook.Change[int64, Item], rows []brook.Change[Key, Row],
	joined []brook.Change[Key, Early], err error) {
	d := e.Data
	var i Item
	if d.Category == asked {
		i = Item{Asked: true, ItemName: d.ItemName, Description: d.Description,
			InitialBid: d.InitialBid, Reserve: d.Reserve, DateTime: d.DateTime, Expires: d.Expires,
			Seller: d.Seller, Category: d.Category, Extra: d.Extra}
	}
	for bid, err := range early.Prefix(Key{Auction: e.Data.ID}, 1) {
		if err != nil {
			return item, nil, nil, err
		}
		joined = append(joined, brook.Delete[Early](bid.Key))
		if i.Asked && !q.Blackhole {
			rows = append(rows, brook.Create(bid.Key, join(bid.Value, i)))
		}
	}
	return brook.Create(e.Data.ID, i), rows, joined, nil
}

//brook:handle
func (q Query) Bid(e brook.Event[Bid], auctions brook.View[int64, Item]) (
	row brook.Change[Key, Row], early brook.Change[Key, Early], err error) {
	d := e.Data
	bid := Early{Bidder: d.Bidder, Price: d.Price, Channel: d.Channel, URL: d.URL,
		DateTime: d.DateTime, Extra: d.Extra}
	item, err := auctions.Get(e.Data.Auction)
	switch {
	case errors.Is(err, brook.ErrNotFound):
		return row, brook.Create(Key{e.Data.Auction, e.Position.Offset}, bid), nil
	case err != nil:
		return row, early, err
	case item.Asked && !q.Blackhole:
		row = brook.Create(Key{e.Data.Auction, e.Position.Offset}, join(bid, item))
	}
	return row, early, nil
}

func join(b Early, i Item) Row {
	return Row{Bidder: b.Bidder, Price: b.Price, Channel: b.Channel, URL: b.URL,
		BidDateTime: b.DateTime, BidExtra: b.Extra, ItemName: i.ItemName,
		Description: i.Description, InitialBid: i.InitialBid, Reserve: i.Reserve,
		AuctionDateTime: i.DateTime, Expires: i.Expires, Seller: i.Seller, Category: i.Category,
		AuctionExtra: i.Extra}
}
