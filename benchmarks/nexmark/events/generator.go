package events

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// What the generators of Beam and nexmark/nexmark have by default.
const (
	firstID       = 1000 // of persons and of auctions
	firstCategory = 10
	categories    = 5

	personsPerEpoch  = 1 // of 50 events the first is a person,
	auctionsPerEpoch = 3 // the next three are auctions,
	eventsPerEpoch   = 50

	activePersons    = 1000 // the newest persons, who sell and bid,
	auctionsInFlight = 100  // and the newest auctions, which are bid for,
	lead             = 10   // and the next persons and auctions, which are yet to come
	hotOf            = 100  // one of so many persons or auctions is hot at a time

	hotSellers  = 4 // all but one of 4 auctions are a hot seller's,
	hotBidders  = 4 // all but one of 4 bids a hot bidder's,
	hotAuctions = 2 // every other bid is for a hot auction,
	hotChannels = 2 // and every other one comes through a hot channel
	channels    = 10_000

	personBytes  = 200 // how long persons, auctions and bids are on average, as the suite counts
	auctionBytes = 500
	bidBytes     = 100

	extraBytes = 1 << 20 // of letters, of which each Extra is a part
)

var (
	firstNames = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie",
		"Sarah", "Deiter", "Walter"}
	lastNames = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith",
		"Jones", "Noris"}
	cities = []string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend",
		"Redmond", "Seattle", "Kent", "Cheyenne"}
	states     = []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	hotChannel = []string{"Google", "Facebook", "Baidu", "Apple"}
)

// A Generator makes the events of an auction house, the same ones each time. Of 50 events one is a
// person, three are auctions and 46 are bids. Some sellers, bidders and auctions are hot. Some bids
// come before their auction.
type Generator struct {
	rnd      *rand.Rand
	interval time.Duration
	next     int64 // number of the next event
	letters  string
	hotURL   []string // by hot channel
	url      []string // by channel
}

// NewGenerator returns a generator of events that are interval apart; 0 is 100 ns, the ten million
// events a second of the suite.
func NewGenerator(interval time.Duration) *Generator {
	if interval == 0 {
		interval = 100 * time.Nanosecond
	}
	g := &Generator{rnd: rand.New(rand.NewPCG(1, 2)), interval: interval}
	letters := make([]byte, extraBytes)
	for i := range letters {
		letters[i] = byte('a' + g.rnd.IntN(26))
	}
	g.letters = string(letters)
	for range hotChannel {
		g.hotURL = append(g.hotURL, g.baseURL())
	}
	for i := range channels {
		url := g.baseURL()
		if g.rnd.IntN(10) > 0 {
			url += fmt.Sprint("&channel_id=", i)
		}
		g.url = append(g.url, url)
	}
	return g
}

// Next returns the next event: a Person, an Auction or a Bid.
func (g *Generator) Next() any {
	defer func() { g.next++ }()
	switch n := g.next % eventsPerEpoch; {
	case n < personsPerEpoch:
		return g.person()
	case n < personsPerEpoch+auctionsPerEpoch:
		return g.auction()
	}
	return g.bid()
}

func (g *Generator) person() Person {
	p := Person{ID: firstID + g.lastPerson(), Name: g.of(firstNames) + " " + g.of(lastNames),
		EmailAddress: g.text(7, '_') + "@" + g.text(5, '_') + ".com", City: g.of(cities),
		State: g.of(states), DateTime: g.now(),
		CreditCard: fmt.Sprintf("%04d %04d %04d %04d", g.rnd.IntN(10_000), g.rnd.IntN(10_000),
			g.rnd.IntN(10_000), g.rnd.IntN(10_000))}
	p.Extra = g.extra(personBytes - 8 - len(p.Name) - len(p.EmailAddress) - len(p.CreditCard) -
		len(p.City) - len(p.State))
	return p
}

func (g *Generator) auction() Auction {
	a := Auction{ID: firstID + g.lastAuction(), ItemName: g.text(20, ' '),
		Description: g.text(100, ' '), InitialBid: g.price(), DateTime: g.now(),
		Category: firstCategory + g.rnd.Int64N(categories)}
	a.Seller = firstID + g.lastPerson()/hotOf*hotOf
	if g.rnd.IntN(hotSellers) == 0 {
		a.Seller = firstID + g.anyPerson()
	}
	a.Reserve = a.InitialBid + g.price()
	horizon := g.interval * (auctionsInFlight * eventsPerEpoch / auctionsPerEpoch)
	a.Expires = a.DateTime.Add(time.Millisecond +
		time.Duration(g.rnd.Int64N(int64(2*horizon)))).Truncate(time.Millisecond)
	a.Extra = g.extra(auctionBytes - 8 - len(a.ItemName) - len(a.Description) - 5*8)
	return a
}

func (g *Generator) bid() Bid {
	b := Bid{Price: g.price(), DateTime: g.now()}
	b.Auction = firstID + g.lastAuction()/hotOf*hotOf
	if g.rnd.IntN(hotAuctions) == 0 {
		b.Auction = firstID + g.anyAuction()
	}
	b.Bidder = firstID + g.lastPerson()/hotOf*hotOf + 1 // the first one is the hot seller
	if g.rnd.IntN(hotBidders) == 0 {
		b.Bidder = firstID + g.anyPerson()
	}
	if i := g.rnd.IntN(len(hotChannel)); g.rnd.IntN(hotChannels) > 0 {
		b.Channel, b.URL = hotChannel[i], g.hotURL[i]
	} else {
		i = g.rnd.IntN(channels)
		b.Channel, b.URL = fmt.Sprint("channel-", i), g.url[i]
	}
	b.Extra = g.extra(bidBytes - 4*8)
	return b
}

// now returns the time of the event, of which the suite knows the milliseconds.
func (g *Generator) now() time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).
		Add(time.Duration(g.next) * g.interval).Truncate(time.Millisecond)
}

// lastPerson returns the number of the newest person.
func (g *Generator) lastPerson() int64 { return g.next / eventsPerEpoch }

// lastAuction returns the number of the newest auction; before the first it is that one.
func (g *Generator) lastAuction() int64 {
	epoch, n := g.next/eventsPerEpoch, g.next%eventsPerEpoch-personsPerEpoch
	return max(0, epoch*auctionsPerEpoch+min(n, auctionsPerEpoch-1))
}

// anyPerson returns the number of an active person, or of one who is about to come.
func (g *Generator) anyPerson() int64 {
	persons := g.lastPerson() + 1
	active := min(persons, activePersons)
	return persons - active + g.rnd.Int64N(active+lead)
}

// anyAuction returns the number of an auction in flight, or of one that is about to come.
func (g *Generator) anyAuction() int64 {
	last := g.lastAuction()
	first := max(0, last-auctionsInFlight)
	return first + g.rnd.Int64N(last-first+1+lead)
}

// price returns a price in cents, from one dollar to a million.
func (g *Generator) price() int64 {
	return int64(math.Round(math.Pow(10, g.rnd.Float64()*6) * 100))
}

func (g *Generator) of(all []string) string { return all[g.rnd.IntN(len(all))] }

// text returns three to most letters, with a special one now and then.
func (g *Generator) text(most int, special byte) string {
	text := make([]byte, 3+g.rnd.IntN(most-3))
	for i := range text {
		if text[i] = special; g.rnd.IntN(13) > 0 {
			text[i] = byte('a' + g.rnd.IntN(26))
		}
	}
	return string(text)
}

// extra returns letters, of a length that is within a fifth of about.
func (g *Generator) extra(about int) string {
	if about <= 0 {
		return ""
	}
	spread := (about + 2) / 5
	n := about - spread + g.rnd.IntN(2*spread+1)
	from := g.rnd.IntN(len(g.letters) - n)
	return g.letters[from : from+n]
}

func (g *Generator) baseURL() string {
	return fmt.Sprintf("https://www.nexmark.com/%s/%s/%s/item.htm?query=1", g.text(5, '_'),
		g.text(5, '_'), g.text(5, '_'))
}
