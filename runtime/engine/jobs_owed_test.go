package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// bugs is what the handlers of orders fail with.
type bugs struct {
	mu    sync.Mutex
	fails func(what string) error // nil: no handler fails
}

func (b *bugs) check(what string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails == nil {
		return nil
	}
	return b.fails(what)
}

// failing makes handlers fail, or work again with nil.
func (b *bugs) failing(fails func(what string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails = fails
}

// always fails with a bug.
func always(string) error { return errBroken }

// putOrders publishes orders with a mail each to one user, and folds them, or what becomes of them.
func (x *desk) putOrders(orders ...string) {
	x.t.Helper()
	for _, order := range orders {
		pos, err := x.Publish.Placed(x.t.Context(), errands.Placed{Order: order, User: "u", Mails: 1})
		if err != nil {
			x.t.Fatal(err)
		}
		if err := x.WaitFor(x.t.Context(), pos); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			x.t.Fatal(err)
		}
	}
	synctest.Wait()
}

// What a dead letter never asked for is asked for once when a rebuild takes its event, whether at
// once or when it redrives its own letters; what was asked for is not asked for again, and what was
// redriven or dropped is decided by that (rule 26).
func TestRebuildAsksForJobs(t *testing.T) {
	for _, c := range []struct {
		name  string
		fails func(what string) error // in the rebuild, until it stores letters
		still bool                    // and after that
		act   func(x *desk)           // before it
		want  []string
	}{
		{"the bug is gone", nil, false, nil, []string{"bad/0 1", "bad2/0 1"}},
		{"it is gone when the rebuild redrives", always, false, nil, []string{"bad/0 1", "bad2/0 1"}},
		{"redriven before", nil, false, func(x *desk) {
			if n, err := x.Redrive(x.t.Context(), nil); n != 2 || err != nil {
				x.t.Error(n, err)
			}
		}, []string{"bad/0 1", "bad2/0 1"}},
		{"dropped before", nil, false, func(x *desk) {
			if n, err := x.Drop(x.t.Context(), nil); n != 2 || err != nil {
				x.t.Error(n, err)
			}
		}, nil},
		{"it is there still", func(order string) error {
			if strings.HasPrefix(order, "bad") {
				return errBroken
			}
			return nil
		}, true, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, b, s := &mailbox{}, &bugs{}, newSpy(newStore())
				x := openDesk(t, config(memdriver.New(), s), m, errands.Desk{Check: b.check})
				x.putOrders("good")
				b.failing(always)
				x.putOrders("bad", "bad2")
				b.failing(nil)
				x.putOrders("good2")
				if got, want := x.tried(), []string{"good/0 1", "good2/0 1"}; !slices.Equal(got, want) {
					t.Fatalf("tried %q, want %q", got, want)
				}
				if c.act != nil {
					c.act(x)
				}
				b.failing(c.fails)
				s.onCommit(func(_ context.Context, batch *brook.Batch, do func() error) error {
					for _, w := range batch.Writes {
						if strings.HasSuffix(s.name(w.Table), "/letters") && !c.still {
							b.failing(nil)
						}
					}
					return do()
				})
				for range 2 {
					if err := x.Rebuild(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
					synctest.Wait()
				}
				if got := x.tried()[2:]; !slices.Equal(got, c.want) {
					t.Errorf("then tried %q, want %q", got, c.want)
				}
				ids := slices.Compact(slices.Sorted(slices.Values(m.ids())))
				if len(ids) != len(m.ids()) {
					t.Errorf("one ID is that of several jobs: %q", m.ids())
				}
			})
		})
	}
}

// A letter that is redriven while the rebuild goes on has its jobs done once, too.
func TestJobsOfALetterRedrivenDuringARebuild(t *testing.T) {
	for _, drop := range []bool{false, true} {
		t.Run(fmt.Sprintf("drop %t", drop), func(t *testing.T) {
			s := newSpy(newStore())
			m, b := &mailbox{}, &bugs{}
			c := config(memdriver.New(), s)
			x := openDesk(t, c, m, errands.Desk{Check: b.check})
			b.failing(always)
			pos, err := x.Publish.Placed(t.Context(), errands.Placed{Order: "o1", User: "u", Mails: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := x.WaitFor(t.Context(), pos); !errors.Is(err, brook.ErrDeadLetter) {
				t.Fatal(err)
			}
			b.failing(nil)
			var once sync.Once
			var n int
			s.onCommit(func(ctx context.Context, batch *brook.Batch, do func() error) error {
				if err := do(); err != nil {
					return err
				}
				for _, w := range batch.Writes {
					if strings.Contains(s.name(w.Table), "/2/positions") {
						once.Do(func() {
							s.onCommit(nil)
							act := x.Redrive
							if drop {
								act = x.Drop
							}
							n, err = act(ctx, nil)
						})
					}
				}
				return nil
			})
			if rerr := x.Rebuild(t.Context()); rerr != nil || n != 1 || err != nil {
				t.Fatal(rerr, n, err)
			}
			if err := x.stop(); err != nil {
				t.Fatal(err)
			}
			app, err := errands.NewApp(c, &errands.Mailer{Mail: m.mail}, errands.Desk{})
			if err == nil {
				err = errors.Join(app.CatchUp(t.Context()), app.Close()) // does what is left
			}
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if drop {
				want = 0
			}
			if got := m.tried(); len(got) != want {
				t.Errorf("tried %q, want %d mails", got, want)
			}
		})
	}
}

// Jobs that a promotion made due are done once although Run ends, or the member of a group loses the
// partition, before it takes them over.
func TestOwedJobsOutliveMembers(t *testing.T) {
	for _, renamed := range []bool{false, true} {
		t.Run(fmt.Sprintf("renamed %t", renamed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := memdriver.New(), newShared()
				m, b := &mailbox{}, &bugs{}
				first, next := conduct(d), conduct(d)
				c := config(first, s)
				c.Group = true
				x := openDesk(t, c, m, errands.Desk{Check: b.check})
				place := <-first.members
				own := append(ledgerAt(0), brook.Position{Topic: "payments"})
				place.Assign(own)
				b.failing(always)
				x.putOrders("o1", "o2")
				b.failing(nil)
				place.Assign(nil)
				if err := x.Rebuild(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if n := len(rawRows(t, s, "2/owedjobs")); n != 2 || len(m.tried()) > 0 {
					t.Fatalf("%d jobs are owed, want 2, and tried %q", n, m.tried())
				}
				if renamed {
					rename(t, s, "2/owedjobs")
				}
				c.Driver = next
				openDesk(t, c, m, errands.Desk{Check: b.check})
				(<-next.members).Assign(own)
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if got, want := m.tried(), []string{"o1/0 1", "o2/0 1"}; !slices.Equal(got, want) {
					t.Errorf("tried %q, want %q", got, want)
				}
				if n := len(rawRows(t, s, "2/owedjobs")); n != 0 {
					t.Errorf("%d jobs are owed still", n)
				}
			})
		})
	}
}

// rename makes mails in a table, waiting or dead, those of a time when they had another name. It
// returns how many it found.
func rename(t *testing.T, s brook.Store, table string) (n int) {
	t.Helper()
	raw, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/" + table})
	if err != nil {
		t.Fatal(err)
	}
	batch := &brook.Batch{}
	for key, value := range rawRows(t, s, table) {
		old := bytes.ReplaceAll([]byte(value), []byte(`"mail.send"`), []byte(`"mail.post"`))
		if string(old) != value {
			batch.Writes = append(batch.Writes, brook.Write{Table: raw, Key: []byte(key), Value: old})
		}
	}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	return len(batch.Writes)
}

// Jobs of an earlier name, those that wait and dead letters, are those of today's: they are done,
// in one line with those that have today's name.
func TestJobsThatHadAnotherName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, m := memdriver.New(), newStore(), &mailbox{}
		x := openDesk(t, config(d, s), m, errands.Desk{})
		m.failing(func(j brook.Job[errands.SendMail]) error {
			if j.Data.Order == "o1" {
				return brook.ErrPermanent
			}
			return errors.New("away")
		})
		x.putOrders("o1", "o2")
		x.place("o3", "other", 1)
		synctest.Wait()
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if jobs, letters := rename(t, s, "jobs"), rename(t, s, "1/letters"); jobs != 2 || letters != 1 {
			t.Fatalf("%d jobs and %d letters have another name", jobs, letters)
		}
		m.failing(nil)
		before := len(m.tried())
		x = openDesk(t, config(d, s), m, errands.Desk{})
		x.putOrders("o4")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, want := m.tried()[before:], []string{"o3/0 2"}; !slices.Equal(got, want) {
			t.Errorf("tried %q, want %q, and the others behind the letter", got, want)
		}
		before = len(m.tried())
		n, err := x.Redrive(t.Context(), func(l brook.DeadLetter) bool {
			return l.Type == errands.SendMailType
		})
		if n != 1 || err != nil {
			t.Errorf("redrove %d letters by today's name: %v", n, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{"o1/0 1", "o2/0 1", "o4/0 1"}
		if got := m.tried()[before:]; !slices.Equal(got, want) {
			t.Errorf("redriven: %q, want %q", got, want)
		}
	})
}
