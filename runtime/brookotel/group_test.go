package brookotel_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// A job that one member of a group leaves undone belongs to the same trace when another member does
// it: the trace is stored with the job.
func TestOneTraceOverMembers(t *testing.T) {
	brokers, addr := os.Getenv("BROOK_KAFKA"), os.Getenv("BROOK_REDIS")
	if brokers == "" || addr == "" {
		t.Skip("SKIPPED: BROOK_KAFKA and BROOK_REDIS do not both name a server (host:port), so " +
			"this is NOT tested; scripts/kafka and scripts/redis start them")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	topic := "errands-" + strings.ToLower(rand.Text())
	x := newTraces(t)
	tracer := x.provider.Tracer("test")
	// member runs a member, whose name its mails have, and returns what ends it.
	member := func(name string, mail func(context.Context) error) (*errands.App, func()) {
		driver, err := kafkadriver.Open(strings.Split(brokers, ","), nil,
			kafkadriver.CreateTopics(1, 1))
		if err != nil {
			t.Fatal(err)
		}
		client := redis.NewClient(&redis.Options{Addr: addr})
		store, err := redisstore.New(ctx, client)
		if err != nil {
			t.Fatal(err)
		}
		c := brook.Config{Author: "errands", Name: topic, Topic: topic, Driver: driver, Store: store,
			Group: true, Log: slog.New(slog.DiscardHandler), Jobs: brook.Jobs{Min: time.Millisecond}}
		if _, err := brookotel.Instrument(&c, x.options()); err != nil {
			t.Fatal(err)
		}
		app, err := errands.NewApp(c, &errands.Mailer{
			Mail: func(ctx context.Context, _ brook.Job[errands.SendMail]) error {
				_, span := tracer.Start(ctx, "SMTP by "+name)
				defer span.End()
				return mail(ctx)
			},
		}, errands.Desk{})
		if err != nil {
			t.Fatal(err)
		}
		running, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- app.Run(running) }()
		return app, func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := app.Close(); err != nil {
				t.Error(err)
			}
			driver.Close()
			client.Close()
		}
	}

	begun := make(chan struct{}, 1)
	first, leave := member("the first", func(ctx context.Context) error {
		begun <- struct{}{}
		<-ctx.Done() // it leaves before the mail is sent
		return ctx.Err()
	})
	request, span := tracer.Start(ctx, "request")
	placed := errands.Placed{Order: "o1", User: "u1", Mails: 1}
	if _, err := first.Publish.Placed(request, placed); err != nil {
		t.Fatal(err)
	}
	span.End()
	select {
	case <-begun:
	case <-ctx.Done():
		t.Fatal("nobody does the job")
	}
	leave()
	second, leave := member("the second", func(context.Context) error { return nil })
	for u, err := range second.Views.Orders.Watch(ctx, "o1") {
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Value.Sent) == 1 {
			break
		}
	}
	leave()

	got := x.lines(span.SpanContext().TraceID(), false)
	for _, line := range []string{
		"send " + topic + " (producer) < request",
		"Desk.Placed (internal) < process " + topic,
		"SMTP by the first (internal) < job mail.send",
		"SMTP by the second (internal) < job mail.send",
		"job mail.send (internal) < Desk.Placed",
		"create " + topic + " (producer) < job mail.send",
		"Desk.Sent (internal) < process " + topic,
	} {
		if !slices.Contains(got, line) {
			t.Errorf("the trace has no span %q, but\n\t%s", line, strings.Join(got, "\n\t"))
		}
	}
	for _, line := range x.lines(span.SpanContext().TraceID(), true) {
		if strings.Contains(line, "job ") || strings.Contains(line, "process ") {
			t.Errorf("beside the trace there is %s", line)
		}
	}
}
