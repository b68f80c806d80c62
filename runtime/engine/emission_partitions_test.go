package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Emissions whose partition was not known as they were committed are published though they are more
// than the store takes in one commit.
func TestLatePlacesFitCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &barring{Driver: memdriver.New(memdriver.Partitions(2))}
		d.set(nil, errors.New("the brokers are away"))
		c := config(d, apptest.Limited(newStore(), 6000))
		c.BatchSize = 1
		h := open(t, c, &ledger.Audit{})
		h.driver = d.Driver
		h.opened("a")
		for range 30 {
			h.wait(h.move("a", 1, "emit"))
		}
		d.set(nil, nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if n, w := emitted(t, d.Driver)["a"], waiting(t, h.store); n != 30 || w != 0 {
			t.Errorf("%d published, %d wait; want 30 and none", n, w)
		}
	})
}

// Over a shared store the place of an emission that another process published meanwhile is not
// stored: its row would come back, and with it a repeat.
func TestPlacesOfWhatOthersPublishedAreNotStored(t *testing.T) {
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprint("group ", group), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := &barring{Driver: memdriver.New(memdriver.Partitions(2))}, newShared()
				c := config(d, s)
				c.Group = group
				h := open(t, c, &ledger.Audit{})
				h.driver = d.Driver
				h.opened("a")
				d.set(nil, errors.New("the brokers are away"))
				h.wait(h.move("a", 1, "emit"))
				time.Sleep(1500 * time.Millisecond)
				synctest.Wait()
				var b brook.Batch // of the process that took over
				table := func(name string) brook.Table {
					table, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/" + name})
					if err != nil {
						t.Fatal(err)
					}
					return table
				}
				for k := range rawRows(t, s, "outbox") {
					b.Writes = append(b.Writes,
						brook.Write{Table: table("outbox"), Key: []byte(k), Op: brook.Remove})
				}
				if len(b.Writes) != 1 {
					t.Fatalf("%d wait", len(b.Writes))
				}
				if !group {
					b.Writes = append(b.Writes,
						brook.Write{Table: table("sending"), Key: []byte("lease"),
							Value: []byte(`{"Holder":"another","Term":9}`)})
				}
				if err := s.Commit(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				d.set(nil, nil)
				time.Sleep(10 * time.Second) // and the other one is gone
				h.wait(h.move("a", 2, "emit"))
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if n, w := emitted(t, d.Driver)["a"], waiting(t, s); n != 1 || w != 0 {
					t.Errorf("%d published, %d wait; want the second one, and none", n, w)
				}
			})
		})
	}
}
