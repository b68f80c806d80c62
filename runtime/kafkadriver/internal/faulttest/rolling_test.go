package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	v2 "github.com/brookgen/brookgen/runtime/internal/deploy/v2"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// killsVariable sets how many processes TestRollingDeployInGroup kills in each direction.
const killsVariable = "KAFKADRIVER_TEST_KILLS"

// TestRollingDeployInGroup: processes of two versions of one package share a group and a Redis for
// a while, and are killed at any instant. Once those of the first version are gone, the views are
// what one pass of the second one makes, and each order is billed once. Who stands aside folds
// nothing. A rollback is the same with the versions exchanged (rule 40).
func TestRollingDeployInGroup(t *testing.T) {
	t.Parallel()
	kills := 9
	if v := os.Getenv(killsVariable); v != "" {
		var err error
		if kills, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	for name, r := range map[string]rollout{"Forward": {from: 1, to: 2}, "Back": {from: 2, to: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.run(t, kills)
		})
	}
}

// A rollout replaces instances of a version by those of another one.
type rollout struct {
	from, to int
	c        *cluster
	topic    string
	redis    string
}

func (r rollout) run(t *testing.T, kills int) {
	r.c, r.redis = shared(t), redisAddr(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute+time.Duration(kills)*10*time.Second)
	defer cancel()
	r.topic = r.c.topic(4, nil)
	r.bills()
	// A rollback that fails on more than before would be refused.
	stop := r.flow(t, ctx, r.to == 2)
	old := []*child{r.spawn(t, ctx, r.from), r.spawn(t, ctx, r.from)}
	for _, p := range old {
		p.await(committed, 1)
	}
	next := []*child{r.spawn(t, ctx, r.to)}
	for _, p := range old {
		p.await(aside, 1)
	}
	for n := range kills {
		if n%3 == 2 { // an instance of the first version is started again
			again := r.spawn(t, ctx, r.from)
			again.awaitAny(committed, aside) // another one may start only now, and overtake it
			again.kill()
		}
		next = append(next, r.spawn(t, ctx, r.to))
		if rand.IntN(2) == 0 {
			next[len(next)-1].await(opened, 1)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(time.Second)))) // any instant will do
		if len(next) > 2 {
			victim := rand.IntN(len(next))
			next[victim].kill()
			next = slices.Delete(next, victim, victim+1)
		}
	}
	stop()
	for _, p := range old {
		p.leave()
	}
	r.check(t, ctx, next)
	for _, p := range append(old, next...) {
		if p.said[trespass] > 0 {
			t.Errorf("an instance that stood aside folded %d batches", p.said[trespass])
		}
	}
}

// spawn starts an instance of a version.
func (r rollout) spawn(t *testing.T, ctx context.Context, version int) *child {
	t.Helper()
	return spawn(t, ctx, order{Addrs: r.c.addrs, Topic: r.topic, Redis: r.redis, Group: true,
		Batch: 1 + rand.IntN(50), Version: version})
}

// bills makes the topic of the bills, which has one name in all tests.
func (r rollout) bills() {
	r.c.t.Helper()
	admin := r.c.admin()
	err := admin.CreateTopic("bills", &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 1}, false)
	if err != nil && !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		r.c.t.Fatal(err)
	}
}

// flow publishes orders until its function is called: about 300 a second. Those of one user fail
// always, and if odd is set those of another one in the first version.
func (r rollout) flow(t *testing.T, ctx context.Context, odd bool) (stop func()) {
	t.Helper()
	app, err := v2.NewApp(config(r.c.driver(nil), mapstore.New(), r.topic), v2.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; {
			_, err := app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
				for range 15 {
					n++
					user := fmt.Sprint(rand.IntN(30))
					placed := v2.Placed{User: user, Order: fmt.Sprintf("%s/%d", r.topic, n), Cents: rand.Int64N(1000)}
					switch {
					case n%200 == 199:
						placed.User, placed.Fails = "broken", "always"
					case odd && n%150 == 149:
						placed.User, placed.Fails = "odd", "v1"
					}
					if n%7 == 0 && !yield(brook.Emit(v2.Returned{User: user, Cents: 1})) ||
						!yield(brook.Emit(placed)) {
						return
					}
				}
			})
			if err != nil {
				t.Error(err)
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}

// check wants the views to be those of one pass, and each order that it bills to be billed once.
func (r rollout) check(t *testing.T, ctx context.Context, members []*child) {
	t.Helper()
	c := config(r.c.driver(nil), shareable(t, r.redis), r.topic)
	c.Group = true
	app, err := openVersion(c, r.to)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	run, end := context.WithCancel(ctx)
	defer end()
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	for _, pos := range ends(t, ctx, c.Driver, r.topic) {
		if err := app.WaitFor(ctx, pos); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			t.Fatal(err)
		}
	}
	for _, p := range members {
		p.leave()
	}
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := app.CatchUp(ctx); err != nil { // publishes what is left
		t.Fatal(err)
	}
	due := &noting{Driver: silent{r.c.steady()}, orders: map[string]bool{}}
	c = config(due, mapstore.New(), r.topic)
	c.Name = r.topic + "-pass" // of which nothing is published yet
	pass, err := openVersion(c, r.to)
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Close()
	if err := pass.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	got, err := app.shown()
	want, also := pass.shown()
	if err = errors.Join(err, also); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) || len(want) < 3 { // rows, histories and letters
		t.Errorf("the views are\n%.3000s\nand one pass makes\n%.3000s", fmt.Sprint(got), fmt.Sprint(want))
	}
	r.billed(t, ctx, due.orders)
}

// billed wants each of some orders to have one bill, which may have been published again.
func (r rollout) billed(t *testing.T, ctx context.Context, due map[string]bool) {
	t.Helper()
	ids := map[string]map[string]bool{}
	for _, bill := range r.c.read(ctx, "bills") {
		if key := string(bill.Key); strings.HasPrefix(key, r.topic+"/") {
			if ids[key] == nil {
				ids[key] = map[string]bool{}
			}
			ids[key][bill.header("ce_id")] = true
		}
	}
	wrong := 0
	for order := range due {
		if len(ids[order]) != 1 {
			if wrong++; wrong <= 5 {
				t.Errorf("order %s has the bills %v", order, ids[order])
			}
		}
		delete(ids, order)
	}
	if wrong > 0 || len(ids) > 0 || len(due) < 100 {
		t.Errorf("of %d orders %d are not billed once; besides there are bills of %v", len(due), wrong, ids)
	}
}

// noting is a driver that notes which orders were to be billed.
type noting struct {
	brook.Driver
	mu     sync.Mutex
	orders map[string]bool
}

func (d *noting) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range records {
		d.orders[string(r.Key)] = true
	}
	return d.Driver.Publish(ctx, records)
}
