package memdriver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A reader at the end sleeps: no time passes until something is published or its context ends.
func TestReadSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := memdriver.New(memdriver.Topic("t", 2))
		r, err := d.Open(ctx, brook.Position{Topic: "t", Partition: 1})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		var chunks int
		var ended error
		go func() {
			for {
				if _, ended = r.Read(ctx, 10); ended != nil {
					return
				}
				chunks++
			}
		}()
		publish := func(key string, want int32) {
			t.Helper()
			at, err := d.Publish(ctx, []brook.Record{{Topic: "t", Key: []byte(key)}})
			if err != nil || at[0].Partition != want {
				t.Fatalf("published at %v, %v; want partition %d", at, err, want)
			}
			synctest.Wait()
		}
		synctest.Wait()
		publish("foobar", 0) // -790332482 & 0x7fffffff is even
		if chunks != 0 {
			t.Errorf("%d chunks after a record of another partition", chunks)
		}
		publish("abc", 1) // 479470107
		publish("abc", 1)
		if chunks != 2 || ended != nil {
			t.Errorf("%d chunks, %v; want 2", chunks, ended)
		}
		cancel()
		synctest.Wait()
		if ended != context.Canceled {
			t.Errorf("Read ended with %v", ended)
		}
		if passed := time.Since(begin); passed != 0 {
			t.Errorf("%v passed: somebody polls", passed)
		}
	})
}

// A clock that is set back does not take the log along: here it goes on only when it is advanced.
func TestTimeOfPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		given := time.Now().Add(time.Hour)
		for _, at := range []time.Time{{}, given, {}} {
			if _, err := d.Publish(t.Context(),
				[]brook.Record{{Topic: "t", Time: at}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		r, err := d.Open(t.Context(), brook.Position{Topic: "t"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Read(t.Context(), 10)
		if err != nil || len(c.Records) != 3 {
			t.Fatalf("%d records, %v", len(c.Records), err)
		}
		first := c.Records[0].Time
		if !c.Records[1].Time.Equal(given) || !c.Records[2].Time.Equal(first.Add(2*time.Second)) {
			t.Errorf("times %v, %v, %v", first, c.Records[1].Time, c.Records[2].Time)
		}
	})
}

// Records without a key go round; a record without a topic is refused alone.
func TestPublish(t *testing.T) {
	d := memdriver.New(memdriver.Partitions(3))
	batch := make([]brook.Record, 7)
	for i := range batch {
		batch[i].Topic = "t"
	}
	batch[3].Topic = ""
	at, err := d.Publish(t.Context(), batch)
	refused, ok := err.(*brook.PublishError)
	if !ok {
		t.Fatalf("%v, want a *brook.PublishError", err)
	}
	next := int32(0)
	for i := range batch {
		if (refused.Errs[i] != nil) != (i == 3) {
			t.Errorf("record %d: %v", i, refused.Errs[i])
		}
		if i == 3 {
			continue
		}
		if want := (brook.Position{Topic: "t", Partition: next % 3,
			Offset: int64(next / 3)}); at[i] != want {
			t.Errorf("record %d is at %v, want %v", i, at[i], want)
		}
		next++
	}
}
