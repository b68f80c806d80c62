package redisstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/redis/go-redis/v9"
)

// pulse is how long a subscription may be silent before it is pinged.
const pulse = 15 * time.Second

// Announcements yields what all processes write to the tables, which belong to one app. The first
// announcement is always marked Missed and names no row: from then on every commit is announced, or
// its loss is. After a loss, which the numbers of commits show, one is marked Missed again. If the
// subscription breaks, the sequence ends with the error.
func (s *Store) Announcements(ctx context.Context,
	tables []brook.Table) iter.Seq2[brook.Announcement, error] {
	return func(yield func(brook.Announcement, error) bool) {
		var v *view
		byName := map[string]brook.Table{}
		for _, t := range tables {
			own, err := s.own(t)
			if err == nil && v != nil && v != own.view {
				err = fmt.Errorf("%w: %s and %s", errViews, v.name, own.view.name)
			}
			if err != nil {
				yield(brook.Announcement{}, err)
				return
			}
			v = own.view
			byName[own.rest] = t
		}
		if v == nil {
			return
		}
		if err := s.listen(ctx, v, byName, yield); err != nil && ctx.Err() == nil {
			yield(brook.Announcement{},
				fmt.Errorf("redisstore: announcements of %s: %w", v.tag, explain(err)))
		}
	}
}

// listen yields announcements until the receiver stops (nil) or the subscription breaks.
func (s *Store) listen(ctx context.Context, v *view, tables map[string]brook.Table,
	yield func(brook.Announcement, error) bool) error {
	sub := s.client.SSubscribe(ctx, v.news)
	hangUp := func() { _ = sub.Close() } // a connection that is not read any more
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)() // a receive ignores ctx
	last, subscribed, asked := int64(0), false, false
	for {
		message, err := sub.ReceiveTimeout(ctx, pulse)
		if err != nil {
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() || asked {
				return err
			}
			asked = true
			if err := sub.Ping(ctx); err != nil {
				return err
			}
			continue
		}
		asked = false
		switch m := message.(type) {
		case *redis.Subscription:
			if m.Kind != "ssubscribe" {
				return errors.New("the server ended the subscription: the slot moved")
			}
			if subscribed {
				return errors.New("the subscription was interrupted")
			}
			subscribed = true
			h, err := s.head(ctx, v)
			if err != nil {
				return err
			}
			last = h.number
			if !yield(brook.Announcement{Missed: true}, nil) {
				return nil
			}
		case *redis.Message:
			b, ok := parseNews(m.Payload)
			if !ok {
				return fmt.Errorf("%w: news that do not decode", ErrDamaged)
			}
			// Numbers up to last were committed after the subscription and before last was read.
			missed := !b.known || b.number > last+1
			last = max(last, b.number)
			if missed && !yield(brook.Announcement{Missed: true}, nil) {
				return nil
			}
			for _, row := range b.rows {
				if t, ok := tables[row.table]; ok &&
					!yield(brook.Announcement{Table: t, Key: row.key, Missed: row.missed}, nil) {
					return nil
				}
			}
		}
	}
}
