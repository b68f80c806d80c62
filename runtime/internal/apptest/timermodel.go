package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
)

// TimerModel is the plainest program that folds a log of package reminders, whose app has the author
// "reminders". Handlers' failures block no keys.
type TimerModel struct {
	Orders  map[string]reminders.Order
	Letters int
	Lapsed  int // events of timers that were passed over

	timers map[string]timed // by order
}

// timed is a timer of a TimerModel.
type timed struct {
	cause string // the ID of the event that set it
	due   time.Time
	event reminders.Overdue
}

// NewTimerModel returns a model of an empty log.
func NewTimerModel() *TimerModel {
	return &TimerModel{Orders: map[string]reminders.Order{}, timers: map[string]timed{}}
}

// Fold folds a record. Those of a partition are to come in their order. An error says that the event
// of a timer is not what was set.
func (n *TimerModel) Fold(r *brook.Record) error {
	var m brook.Message
	if err := (brook.CloudEvents{}).Open(r, &m); err != nil {
		return err
	}
	switch m.Type {
	case reminders.PlacedType:
		e, err := reminders.DecodePlacedJSON(m.Data)
		if err != nil {
			return err
		}
		n.Orders[e.Order] = reminders.Order{ID: e.Order}
		n.timers[e.Order] = timed{m.ID, e.Due, reminders.Overdue{
			Order: e.Order, Every: e.Every, Fails: e.Fails}}
	case reminders.DeferredType:
		e, err := reminders.DecodeDeferredJSON(m.Data)
		if err != nil {
			return err
		}
		n.timers[e.Order] = timed{m.ID, e.Due, reminders.Overdue{Order: e.Order}}
	case reminders.PaidType:
		e, err := reminders.DecodePaidJSON(m.Data)
		if err != nil {
			return err
		}
		if o, ok := n.Orders[e.Order]; ok {
			o.Paid = true
			n.Orders[e.Order] = o
		}
		delete(n.timers, e.Order)
	case reminders.OverdueType:
		return n.overdue(&m)
	}
	return nil
}

// overdue folds an event that a timer may have published.
func (n *TimerModel) overdue(m *brook.Message) error {
	e, err := reminders.DecodeOverdueJSON(m.Data)
	if err != nil {
		return err
	}
	if m.Author == "reminders" {
		timer, ok := n.timers[e.Order]
		if !ok || timer.cause != m.Cause {
			n.Lapsed++
			return nil
		}
		if !m.Time.Equal(timer.due) || e != timer.event {
			return fmt.Errorf("%s is %+v at %s, and was set as %+v at %s", m.ID, e, m.Time,
				timer.event, timer.due)
		}
		delete(n.timers, e.Order)
	}
	switch {
	case e.Fails:
		n.Letters++
		return nil
	case e.Every > 0:
		n.timers[e.Order] = timed{m.ID, m.Time.Add(time.Duration(e.Every) * time.Second), e}
	}
	o := n.Orders[e.Order]
	o.ID, o.Told, o.Last, o.Cause = e.Order, o.Told+1, m.Time, m.Cause
	n.Orders[e.Order] = o
	return nil
}

// Compare compares views over a store, which folded all of the log until now, with the model's:
// rows, the number of letters, and the stored timers, of which none is due.
func (n *TimerModel) Compare(
	ctx context.Context, app *reminders.App, store brook.Store, now time.Time,
) error {
	got, err := brook.Map(app.Views.Orders.All())
	errs := []error{err}
	differs := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for id, o := range n.Orders {
		if got[id] != o {
			differs("order %+v, want %+v", got[id], o)
		}
	}
	if len(got) != len(n.Orders) {
		differs("%d orders, want %d", len(got), len(n.Orders))
	}
	letters := 0
	for _, err := range app.DeadLetters() {
		errs = append(errs, err)
		letters++
	}
	if letters != n.Letters {
		differs("%d letters, want %d", letters, n.Letters)
	}
	for k, timer := range n.timers {
		if !timer.due.After(now) {
			differs("the timer of %s is due since %s and was not published", k, timer.due)
		}
	}
	return errors.Join(append(errs, n.compareTables(ctx, store))...)
}

// compareTables compares the stored timers with those of the model: no row and no entry is left.
func (n *TimerModel) compareTables(ctx context.Context, store brook.Store) error {
	table := func(name string) (brook.Table, error) {
		return store.Table(ctx, brook.TableSpec{Name: "reminders/" + name})
	}
	states, err := table("state")
	if err != nil {
		return err
	}
	row, err := store.Latest().Get(ctx, states, []byte("state"))
	if err != nil {
		return err
	}
	var state struct{ Generation int }
	if err := json.Unmarshal(row.Data.([]byte), &state); err != nil {
		return err
	}
	for _, name := range []string{"timers", "due"} {
		t, err := table(fmt.Sprintf("%d/%s", state.Generation, name))
		if err != nil {
			return err
		}
		rows := 0
		for _, err := range store.Latest().Scan(ctx, t, nil, nil) {
			if err != nil {
				return err
			}
			rows++
		}
		if rows != len(n.timers) {
			return fmt.Errorf("table %s has %d rows, want %d", name, rows, len(n.timers))
		}
	}
	return nil
}
