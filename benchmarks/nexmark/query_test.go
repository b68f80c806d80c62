package nexmark

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/big"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/nexmark/events"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q0"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q1"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q17"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q18"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q2"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q20"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestQueries compares each view with what a naive computation makes of the same events.
func TestQueries(t *testing.T) {
	for _, interval := range []time.Duration{0, time.Minute} {
		all := made(20_000, interval)
		for i, e := range all { // some come late
			if b, ok := e.(events.Bid); ok && i%7 == 0 {
				b.DateTime = b.DateTime.Add(-20 * max(interval, time.Millisecond))
				all[i] = b
			}
		}
		for _, partitions := range []int{1, 2} {
			t.Run(fmt.Sprintf("%v/%d", interval, partitions), func(t *testing.T) {
				c := config(publish(t, all, partitions), nil)
				t.Run("q0", func(t *testing.T) { testQ0(t, c, all) })
				t.Run("q1", func(t *testing.T) { testQ1(t, c, all) })
				t.Run("q2", func(t *testing.T) { testQ2(t, c, all) })
				t.Run("q17", func(t *testing.T) { testQ17(t, c, all) })
				t.Run("q18", func(t *testing.T) { testQ18(t, c, all) })
				t.Run("q20", func(t *testing.T) { testQ20(t, c, all) })
			})
		}
	}
}

// TestBlackhole wants no rows of a query that throws them away, and no less of what it needs.
func TestBlackhole(t *testing.T) {
	all := made(5_000, 0)
	c := config(publish(t, all, 1), nil)
	empty := func(n int, err error) {
		t.Helper()
		if err != nil || n != 0 {
			t.Errorf("there are %d rows, %v", n, err)
		}
	}
	empty(folded(t, c, q0.NewApp, q0.Query{Blackhole: true}).Views.Bids.Len())
	empty(folded(t, c, q1.NewApp, q1.Query{Blackhole: true}).Views.Bids.Len())
	empty(folded(t, c, q2.NewApp, q2.Query{Blackhole: true}).Views.Bids.Len())
	a := folded(t, c, q20.NewApp, q20.Query{Blackhole: true})
	empty(a.Views.Bids.Len())
	if n, err := a.Views.Auctions.Len(); err != nil || n != 300 {
		t.Errorf("there are %d auctions, %v", n, err)
	}
}

type closer interface {
	CatchUp(context.Context) error
	Close() error
}

// folded returns an app that has folded the whole log into a new store.
func folded[A closer, Q any](t *testing.T, c brook.Config,
	newApp func(brook.Config, Q) (A, error), query Q) A {
	t.Helper()
	c.Store = mapstore.New()
	c.Hooks.DeadLetter = func(l brook.DeadLetter) { t.Error(l) }
	a, err := newApp(c, query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if err := a.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// result is a row of a query whose key is an auction and an offset.
type result[R any] struct {
	Auction int64
	Row     R
}

// stream returns the rows of a view that has one for each bid: they are in the order of auctions,
// those of one auction in the order of the log.
func stream[K comparable, R any](t *testing.T, all iter.Seq2[brook.Entry[K, R], error],
	auction func(K) int64) (rows []result[R]) {
	t.Helper()
	for e, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, result[R]{auction(e.Key), e.Value})
	}
	return rows
}

// table returns the rows of a view.
func table[K comparable, R any](t *testing.T, all iter.Seq2[brook.Entry[K, R], error]) map[K]R {
	t.Helper()
	rows := map[K]R{}
	for e, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		rows[e.Key] = e.Value
	}
	return rows
}

// same fails unless the rows are equal and there are some.
func same[R any](t *testing.T, got, want []R) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("there are %d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("row %d is\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
}

// bids returns all bids by auction, those of an auction in the order of the log.
func bids(all []any) (bids []events.Bid) {
	for _, e := range all {
		if b, ok := e.(events.Bid); ok {
			bids = append(bids, b)
		}
	}
	slices.SortStableFunc(bids, func(a, b events.Bid) int {
		return cmp.Compare(a.Auction, b.Auction)
	})
	return bids
}

func testQ0(t *testing.T, c brook.Config, all []any) {
	a := folded(t, c, q0.NewApp, q0.Query{})
	var want []result[q0.Row]
	for _, b := range bids(all) {
		want = append(want, result[q0.Row]{b.Auction, q0.Row{Bidder: b.Bidder, Price: b.Price,
			DateTime: b.DateTime, Extra: b.Extra}})
	}
	same(t, stream(t, a.Views.Bids.All(), func(k q0.Key) int64 { return k.Auction }), want)
}

func testQ1(t *testing.T, c brook.Config, all []any) {
	a := folded(t, c, q1.NewApp, q1.Query{})
	rate, mille := big.NewRat(908, 1000), big.NewRat(1000, 1)
	var want []result[q1.Row]
	for _, b := range bids(all) {
		euros := new(big.Rat).Mul(rate, big.NewRat(b.Price, 1))
		thousandths := euros.Mul(euros, mille)
		if !thousandths.IsInt() {
			t.Fatalf("%v is no number of thousandths", euros)
		}
		want = append(want, result[q1.Row]{b.Auction, q1.Row{Bidder: b.Bidder,
			PriceMille: thousandths.Num().Int64(), DateTime: b.DateTime, Extra: b.Extra}})
	}
	same(t, stream(t, a.Views.Bids.All(), func(k q1.Key) int64 { return k.Auction }), want)
}

func testQ2(t *testing.T, c brook.Config, all []any) {
	a := folded(t, c, q2.NewApp, q2.Query{})
	var want []result[q2.Row]
	for _, b := range bids(all) {
		if float64(b.Auction)/123 == float64(b.Auction/123) {
			want = append(want, result[q2.Row]{b.Auction, q2.Row{Price: b.Price}})
		}
	}
	same(t, stream(t, a.Views.Bids.All(), func(k q2.Key) int64 { return k.Auction }), want)
}

func testQ17(t *testing.T, c brook.Config, all []any) {
	a := folded(t, c, q17.NewApp, q17.Query{})
	prices := map[q17.Key][]int64{}
	for _, b := range bids(all) {
		year, month, day := b.DateTime.Date()
		k := q17.Key{Auction: b.Auction, Day: fmt.Sprintf("%04d-%02d-%02d", year, month, day)}
		prices[k] = append(prices[k], b.Price)
	}
	want := map[q17.Key]q17.Statistics{}
	for k, p := range prices {
		s := q17.Statistics{TotalBids: int64(len(p)), MinPrice: slices.Min(p),
			MaxPrice: slices.Max(p)}
		for _, price := range p {
			s.SumPrice += price
			switch dollars := float64(price) / 100; {
			case dollars < 100:
				s.Rank1Bids++
			case dollars >= 10_000:
				s.Rank3Bids++
			}
		}
		s.Rank2Bids = s.TotalBids - s.Rank1Bids - s.Rank3Bids
		s.AvgPrice = s.SumPrice / s.TotalBids
		want[k] = s
	}
	sameMap(t, table(t, a.Views.Statistics.All()), want)
}

func testQ18(t *testing.T, c brook.Config, all []any) {
	a := folded(t, c, q18.NewApp, q18.Query{})
	last := map[q18.Key][]events.Bid{}
	for _, b := range bids(all) {
		k := q18.Key{Auction: b.Auction, Bidder: b.Bidder}
		last[k] = append(last[k], b)
	}
	want := map[q18.Key]q18.Last{}
	for k, of := range last {
		slices.SortStableFunc(of, func(a, b events.Bid) int {
			return a.DateTime.Compare(b.DateTime)
		})
		b := of[len(of)-1]
		want[k] = q18.Last{Price: b.Price, Channel: b.Channel, URL: b.URL, DateTime: b.DateTime,
			Extra: b.Extra}
	}
	sameMap(t, table(t, a.Views.Last.All()), want)
}

func sameMap[K comparable, R any](t *testing.T, got, want map[K]R) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("there are %d rows, want %d", len(got), len(want))
	}
	for k, row := range want {
		if !reflect.DeepEqual(got[k], row) {
			t.Fatalf("row %v is\n%+v, want\n%+v", k, got[k], row)
		}
	}
}

func testQ20(t *testing.T, c brook.Config, all []any) {
	a := folded(t, c, q20.NewApp, q20.Query{})
	auctions := map[int64]events.Auction{}
	for _, e := range all {
		if e, ok := e.(events.Auction); ok {
			auctions[e.ID] = e
		}
	}
	var want []result[q20.Row]
	unmet := 0
	for _, b := range bids(all) {
		e, ok := auctions[b.Auction]
		if !ok {
			unmet++
		}
		if e.Category != 10 {
			continue
		}
		want = append(want, result[q20.Row]{b.Auction, q20.Row{Bidder: b.Bidder, Price: b.Price,
			Channel: b.Channel, URL: b.URL, BidDateTime: b.DateTime, BidExtra: b.Extra,
			ItemName: e.ItemName, Description: e.Description, InitialBid: e.InitialBid,
			Reserve: e.Reserve, AuctionDateTime: e.DateTime, Expires: e.Expires, Seller: e.Seller,
			Category: e.Category, AuctionExtra: e.Extra}})
	}
	same(t, stream(t, a.Views.Bids.All(), func(k q20.Key) int64 { return k.Auction }), want)
	if n, err := a.Views.Early.Len(); err != nil || n != unmet {
		t.Errorf("%d bids wait for their auction, %v, want %d", n, err, unmet)
	}
}
