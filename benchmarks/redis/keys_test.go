package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/redis/go-redis/v9"
)

// mostKeys says up to how many keys are measured, 1,000,000 where it is not set. Ten millions take
// the server about 3 GB.
const mostKeys = "BROOK_BENCH_KEYS"

// sizes gives the numbers of keys that are measured.
func sizes(b *testing.B) (sizes []int) {
	b.Helper()
	most := 1_000_000
	if v := os.Getenv(mostKeys); v != "" {
		var err error
		if most, err = strconv.Atoi(v); err != nil {
			b.Fatalf("%s: %v", mostKeys, err)
		}
	}
	for n := 10_000; n <= most; n *= 10 {
		sizes = append(sizes, n)
	}
	return sizes
}

// random gives the same sequence of n of the keys, each time.
func random(n, keys int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		rnd := mathrand.New(mathrand.NewPCG(2, uint64(keys)))
		for range n {
			if !yield(id(rnd.IntN(keys))) {
				return
			}
		}
	}
}

// memory gives how many bytes the server uses, once what was removed is gone.
func memory(b *testing.B, c *redis.Client) int {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		text, err := c.Info(b.Context(), "memory").Result()
		if err != nil {
			b.Fatal(err)
		}
		if number(b, text, "lazyfree_pending_objects") == 0 {
			return number(b, text, "used_memory")
		}
		if time.Now().After(deadline) {
			b.Fatal("the server does not get rid of what was removed")
		}
	}
}

// number gives a value of INFO.
func number(b *testing.B, info, name string) int {
	b.Helper()
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			n, err := strconv.Atoi(v)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("INFO says nothing of %s", name)
	return 0
}

// BenchmarkKeys folds b.N events into views of more and more rows, and then sets as many keys of
// the same bytes in bare pipelines. It tells how much memory the server uses for all rows. Memory
// is given back between the two, and kept by the server after the last.
func BenchmarkKeys(b *testing.B) {
	c := connect(b)
	var row int // bytes of a stored row
	b.Run("app", func(b *testing.B) { row = appOfKeys(b, c) })
	b.Run("bare", func(b *testing.B) { bareKeys(b, c, row) })
}

// appOfKeys measures the app, and gives the bytes of one row's value as it is stored.
func appOfKeys(b *testing.B, c *redis.Client) (row int) {
	app, prefix := newApp(b)
	empty, filled := memory(b, c), 0
	for _, keys := range sizes(b) {
		for ; filled < keys; filled += 5000 {
			rows := make(map[string]counters.Tally, 5000)
			for i := filled; i < filled+5000; i++ {
				rows[id(i)] = counters.Tally{Total: int64(i), Times: 1, Reason: reason}
			}
			brooktest.Seed(b, app.Views.Tallies, rows)
		}
		used := memory(b, c) - empty
		b.Run(fmt.Sprint("keys=", keys), func(b *testing.B) {
			catchUp := fold(b, app, random(b.N, keys), false)
			b.ResetTimer()
			catchUp()
			report(b, used, keys)
		})
	}
	tables := c.Scan(b.Context(), 0, "*"+prefix+"*", 1000).Iterator()
	for tables.Next(b.Context()) {
		if strings.HasSuffix(tables.Val(), ":rows:1/rows/tallies") {
			stored, err := c.HRandFieldWithValues(b.Context(), tables.Val(), 1).Result()
			if err != nil || len(stored) != 1 {
				b.Fatal(len(stored), err)
			}
			row = len(stored[0].Value)
		}
		if err := c.Unlink(b.Context(), tables.Val()).Err(); err != nil {
			b.Fatal(err)
		}
	}
	if err := tables.Err(); err != nil || row == 0 {
		b.Fatalf("a stored row has %d bytes, %v", row, err)
	}
	return row
}

func bareKeys(b *testing.B, c *redis.Client, row int) {
	if row == 0 {
		b.Skip("it takes the size of a row from the app")
	}
	prefix, value := rand.Text(), strings.Repeat("r", row)
	set := func(ids func(yield func(string) bool)) {
		pipe := c.Pipeline()
		send := func() {
			if _, err := pipe.Exec(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		for id := range ids {
			if pipe.Set(context.Background(), prefix+id, value, 0); pipe.Len() == batch {
				send()
			}
		}
		send()
	}
	empty, filled := memory(b, c), 0
	for _, keys := range sizes(b) {
		set(func(yield func(string) bool) {
			for ; filled < keys && yield(id(filled)); filled++ {
			}
		})
		used := memory(b, c) - empty
		b.Run(fmt.Sprint("keys=", keys), func(b *testing.B) {
			set(random(b.N, keys))
			report(b, used, keys)
		})
	}
}

func report(b *testing.B, used, keys int) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(used)/(1<<20), "server-MiB")
	b.ReportMetric(float64(used)/float64(keys), "server-B/key")
}
