package faulttest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// With childVariable set, the test binary is an instance in a process of its own, which ends when
// its standard input does, or is killed.
const childVariable = "BROOK_FAULTTEST_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// An order is what a child is to do.
type order struct {
	Addrs  []string
	Topic  string
	Badger string // the directory of its store; or
	Redis  string // the address of one that is shared
	Prefix string // of what it holds there; "": the default
	Group  bool
	Batch  int
	Dead   string // the topic of dead letters; "": there is none
	// Version is which version of package deploy runs, instead of the ledger.
	Version int
	// What is what runs instead: "timers" for package reminders, "early" for package parcels.
	What string
}

// Words by which a child reports what it did, one on a line.
const (
	opened     = "open"
	committed  = "commit"
	publishing = "publish" // that it begins to
	published  = "published"
)

// telling is a driver that reports what it publishes.
type telling struct {
	*kafkadriver.Driver
	say func(string)
}

func (d telling) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.say(publishing)
	defer d.say(published)
	return d.Driver.Publish(ctx, records)
}

func runChild(text string) (err error) {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	if o.Version > 0 {
		return runDeployed(o)
	}
	say := func(word string) { fmt.Println(word) }
	d, err := kafkadriver.Open(o.Addrs, settings())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	store, done, err := o.store()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	c := config(telling{d, say}, store, o.Topic)
	c.Group = o.Group
	c.BatchSize, c.DeadLetterTopic = o.Batch, o.Dead
	c.Hooks.Commit = func(brook.Commit) { say(committed) }
	app, err := o.app(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	say(opened)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return app.Run(ctx)
}

// runner is an app of any package.
type runner interface {
	Run(context.Context) error
	Close() error
}

// app makes the app of an order.
func (o order) app(c brook.Config) (runner, error) {
	switch o.What {
	case "timers":
		return newReminders(c)
	case "early":
		return newParcels(c)
	}
	return ledger.NewApp(c, ledger.Books{}, audit())
}

// store opens the store of an order, and returns what closes it.
func (o order) store() (brook.Store, func() error, error) {
	if o.Redis == "" {
		s, err := badgerstore.Open(o.Badger, badgerstore.Log(slog.New(slog.DiscardHandler)),
			badgerstore.Memory(1))
		if err != nil {
			return nil, nil, err
		}
		return s, s.Close, nil
	}
	client := redis.NewClient(&redis.Options{Addr: o.Redis})
	s, err := redisstore.New(context.Background(), client, redisstore.Prefix(o.Prefix))
	return s, client.Close, err
}

// A child is a process with an instance.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.Closer
	lines  *bufio.Scanner
	stderr strings.Builder
	said   map[string]int // how often it reported each word, as far as that was read
}

// spawn starts a child; it does not outlive the test.
func spawn(t *testing.T, ctx context.Context, o order) *child {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &child{t: t, said: map[string]int{}, cmd: exec.CommandContext(ctx, os.Args[0])}
	p.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	p.cmd.Stderr = &p.stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in = in
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// scan reads the next word.
func (p *child) scan() bool {
	more := p.lines.Scan()
	if more {
		p.said[p.lines.Text()]++
	}
	return more
}

// await waits until the child reported a word n times.
func (p *child) await(word string, times int) {
	p.t.Helper()
	for p.scan() {
		if p.lines.Text() == word {
			if times--; times == 0 {
				return
			}
		}
	}
	p.t.Fatalf("the child ended, %d times short of saying %q: %v\n%s", times, word, p.cmd.Wait(),
		p.stderr.String())
}

// awaitAny waits until the child reported one of some words.
func (p *child) awaitAny(words ...string) {
	p.t.Helper()
	for p.scan() {
		if slices.Contains(words, p.lines.Text()) {
			return
		}
	}
	p.t.Fatalf("the child ended, and said none of %q: %v\n%s", words, p.cmd.Wait(), p.stderr.String())
}

// kill ends the child at once.
func (p *child) kill() {
	p.t.Helper()
	_ = p.cmd.Process.Kill()
	for p.scan() {
	}
	if err := p.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		p.t.Fatalf("the child ended before it was killed: %v\n%s", err, p.stderr.String())
	}
}

// leave ends the child in order.
func (p *child) leave() {
	p.t.Helper()
	p.in.Close()
	for p.scan() {
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("the child: %v\n%s", err, p.stderr.String())
	}
}
