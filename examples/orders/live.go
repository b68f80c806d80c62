package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// live has a day happen, and the night after it. Half-way the process ends, or the first of two, and
// another one goes on.
func (s *shop) live(ctx context.Context, out io.Writer, orders int) error {
	all := arrivals(day(rand.New(rand.NewPCG(20, 26)), orders))
	fmt.Fprintf(out, "A day of %d orders: %d events, over 5 topics of 12 partitions.\n"+
		"%d payments come before the order that they are for, and wait for it.\n",
		orders, len(all), early(all))
	processes := 1
	if s.views.shared() {
		processes = 2
		fmt.Fprintln(out, "Two processes share the views, and divide the partitions.")
	}
	for range processes {
		if err := s.start(ctx); err != nil {
			return err
		}
	}
	began, published := time.Now(), []brook.Position{}
	for n, h := range all {
		if n == len(all)/2 {
			if err := s.restart(ctx, out); err != nil {
				return err
			}
		}
		if err := wait(ctx, began.Add(s.scale(h.arrives))); err != nil {
			return err
		}
		position, err := h.publish(ctx, s.app, s.driver)
		if err != nil {
			return err
		}
		published = append(published, position)
	}
	if err := wait(ctx, began.Add(s.scale(32*time.Hour))); err != nil {
		return err
	}
	for _, position := range published { // on a slow machine, some may have to be folded yet
		err := s.app.WaitFor(ctx, position)
		if err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			return err
		}
	}
	return s.report(out)
}

// restart ends the process, and starts another one.
func (s *shop) restart(ctx context.Context, out io.Writer) error {
	before, err := s.app.Views.Orders.Len()
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	after, err := s.app.Views.Orders.Len()
	fmt.Fprintf(out, "Half-way a process ends, with %d orders; the next one begins with %d.\n",
		before, after)
	return err
}

// report says what the day was like.
func (s *shop) report(out io.Writer) error {
	overdue, refused := 0, 0
	for o, err := range s.app.Views.Orders.ByStatus(sales.Cancelled) {
		if err != nil {
			return err
		}
		events, err := s.app.Views.Orders.EventsOfPaymentOverdue(o.ID)
		if err != nil {
			return err
		}
		overdue += len(events)
	}
	for letter, err := range s.app.DeadLetters() {
		if err != nil {
			return err
		}
		if letter.Type != sales.OrderPlacedType {
			return fmt.Errorf("a dead letter at %s: %s", letter.Position, letter.Error)
		}
		refused++
	}
	_, err := fmt.Fprintf(out, "Timers cancel %d orders that nobody pays within half an hour.\n"+
		"The mail server gets %s.\n%d orders of nothing are refused, and dead letters.\n",
		overdue, s.mails, refused)
	return err
}

// early returns how many payments are published before their order.
func early(all []*happening) (n int) {
	placed := map[string]bool{}
	for _, h := range all {
		switch e := h.event.(type) {
		case brook.Emission[sales.OrderPlaced]:
			d, _ := e.Data()
			placed[d.Order] = true
		case brook.Emission[sales.PaymentReceived]:
			if d, _ := e.Data(); !placed[d.Order] {
				n++
			}
		}
	}
	return n
}

// wait waits until a time, or until ctx ends.
func wait(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
