// Package events has the events of Nexmark, an auction: persons register, auctions are opened, and
// persons bid. It is a contract: the packages q0 to q20 beside it fold the events.
//
// A [Generator] makes them as that of Apache Beam and of github.com/nexmark/nexmark does.
package events

//go:generate go tool brookgen

import "time"

// Person says that somebody registered, to sell or to bid.
//
//brook:event nexmark.person
type Person struct {
	ID           int64     `json:"id" brook:"key"`
	Name         string    `json:"name"`
	EmailAddress string    `json:"emailAddress"`
	CreditCard   string    `json:"creditCard"`
	City         string    `json:"city"`
	State        string    `json:"state"`
	DateTime     time.Time `json:"dateTime"`
	Extra        string    `json:"extra"`
}

// Auction says that an auction was opened.
//
//brook:event nexmark.auction
type Auction struct {
	ID          int64     `json:"id" brook:"key"`
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

// Bid says that a person bid for an auction. Its key is the auction, so that bids meet their
// auction in one partition.
//
//brook:event nexmark.bid
type Bid struct {
	Auction  int64     `json:"auction" brook:"key"`
	Bidder   int64     `json:"bidder"`
	Price    int64     `json:"price"`
	Channel  string    `json:"channel"`
	URL      string    `json:"url"`
	DateTime time.Time `json:"dateTime"`
	Extra    string    `json:"extra"`
}
