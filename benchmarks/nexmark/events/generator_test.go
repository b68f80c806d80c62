package events

import (
	"reflect"
	"testing"
	"time"
)

const many = 50_000

func TestGeneratorRepeats(t *testing.T) {
	a, b := NewGenerator(0), NewGenerator(0)
	for i := range many {
		if x, y := a.Next(), b.Next(); !reflect.DeepEqual(x, y) {
			t.Fatalf("event %d is %+v, and then %+v", i, x, y)
		}
	}
}

// TestGenerator wants the proportions of the suite, and its hot sellers, bidders and auctions.
func TestGenerator(t *testing.T) {
	var (
		g                          = NewGenerator(time.Second)
		persons, auctions          []int64
		bids, early                int
		ofBidder, ofAuction        = map[int64]int{}, map[int64]int{}
		ofSeller, ofCategory       = map[int64]int{}, map[int64]int{}
		personSize, auctionSize, n int
		last                       time.Time
	)
	at := func(now time.Time) {
		if !now.Equal(last.Add(time.Second)) && !last.IsZero() {
			t.Fatalf("an event is at %v, the one before at %v", now, last)
		}
		last = now
	}
	for range many {
		switch e := g.Next().(type) {
		case Person:
			at(e.DateTime)
			persons = append(persons, e.ID)
			personSize += 8 + len(e.Name+e.EmailAddress+e.CreditCard+e.City+e.State+e.Extra)
		case Auction:
			at(e.DateTime)
			auctions = append(auctions, e.ID)
			ofSeller[e.Seller]++
			ofCategory[e.Category]++
			auctionSize += 6*8 + len(e.ItemName+e.Description+e.Extra)
			if !e.Expires.After(e.DateTime) || e.Reserve <= e.InitialBid {
				t.Fatalf("%+v", e)
			}
		case Bid:
			at(e.DateTime)
			bids++
			n += 4*8 + len(e.Extra)
			ofBidder[e.Bidder]++
			ofAuction[e.Auction]++
			if e.Auction > auctions[len(auctions)-1] {
				early++
			}
			if e.Price < 100 || e.Price > 100_000_000 {
				t.Fatalf("%+v", e)
			}
		}
	}
	if len(persons) != many/50 || len(auctions) != 3*many/50 || bids != 46*many/50 {
		t.Errorf("%d persons, %d auctions, %d bids", len(persons), len(auctions), bids)
	}
	for i, id := range persons {
		if id != int64(1000+i) {
			t.Fatalf("person %d has the ID %d", i, id)
		}
	}
	for i, id := range auctions {
		if id != int64(1000+i) {
			t.Fatalf("auction %d has the ID %d", i, id)
		}
	}
	hot := func(what string, of map[int64]int, total, every int64, rest int64, want float64) {
		t.Helper()
		sum := 0
		for id, n := range of {
			if (id-1000)%every == rest {
				sum += n
			}
		}
		if share := float64(sum) / float64(total); share < want-0.02 || share > want+0.02 {
			t.Errorf("%.3f of %s are hot, want %.3f", share, what, want)
		}
	}
	hot("auctions' bids", ofAuction, int64(bids), hotOf, 0, 0.5)
	hot("bidders' bids", ofBidder, int64(bids), hotOf, 1, 0.75)
	hot("sellers' auctions", ofSeller, int64(len(auctions)), hotOf, 0, 0.75)
	for c := int64(10); c < 15; c++ {
		if share := float64(ofCategory[c]) / float64(len(auctions)); share < 0.17 || share > 0.23 {
			t.Errorf("%.3f of the auctions are of category %d", share, c)
		}
	}
	if early < bids/50 || early > bids/10 { // half of them times 10 of 111
		t.Errorf("%d of %d bids come before their auction", early, bids)
	}
	for _, size := range [][3]int{{personSize, len(persons), personBytes},
		{auctionSize, len(auctions), auctionBytes}, {n, bids, bidBytes}} {
		if average := size[0] / size[1]; average < size[2]-5 || average > size[2]+5 {
			t.Errorf("the average size is %d, want %d", average, size[2])
		}
	}
}

// TestCodecs wants events to survive the wire: a person, three auctions and a bid.
func TestCodecs(t *testing.T) {
	g := NewGenerator(0)
	for range 5 {
		var (
			got  any
			text []byte
			err  error
			e    = g.Next()
		)
		switch e := e.(type) {
		case Person:
			if text, err = AppendPersonJSON(nil, &e); err == nil {
				got, err = DecodePersonJSON(text)
			}
		case Auction:
			if text, err = AppendAuctionJSON(nil, &e); err == nil {
				got, err = DecodeAuctionJSON(text)
			}
		case Bid:
			if text, err = AppendBidJSON(nil, &e); err == nil {
				got, err = DecodeBidJSON(text)
			}
		}
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: %v, %+v, want %+v", text, err, got, e)
		}
	}
}
