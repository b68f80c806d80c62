package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

const childVariable = "BROOK_EXAMPLE_SERVER"

// TestMain is the server itself where a test started it as a process.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a server that runs as a process.
type process struct {
	*exec.Cmd
	site *site // its client alone
	log  *bufio.Scanner
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0],
		append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: cmd, log: bufio.NewScanner(out)}
	line := p.logged("serving")
	_, address, ok := strings.Cut(line, "address=")
	if !ok {
		t.Fatalf("it does not serve: %v", cmd.Wait())
	}
	p.site = &site{t: t, url: "http://" + address}
	return p
}

// logged reads the log up to a line that has a word, and returns it; "" if there is none.
func (p *process) logged(word string) string {
	for p.log.Scan() {
		if strings.Contains(p.log.Text(), word) {
			return p.log.Text()
		}
	}
	return ""
}

// end tells the process to end, and waits for it.
func (p *process) end() error {
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	p.logged("no such line") // the log is to be read before Wait
	return p.Wait()
}

// On SIGTERM streams end, and a request that is under way gets its answer, from the views, before
// the process ends with status 0.
func TestProcessEndsInOrder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGTERM on Windows")
	}
	p := startProcess(t)
	p.site.ready()
	next := p.site.events("/changes")
	added := p.site.add("water", "ada")
	if got := next(); !strings.Contains(got, added.ID) {
		t.Errorf("streamed %q, want task %s", got, added.ID)
	}

	// The server says 100 once the handler reads the body, of which there is nothing yet.
	reading := make(chan struct{})
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(reading) }}
	ctx := httptrace.WithClientTrace(t.Context(), trace)
	body, rest := io.Pipe()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.site.url+"/tasks", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Expect", "100-continue")
	status := make(chan string, 1)
	go func() {
		transport := &http.Transport{ExpectContinueTimeout: time.Minute}
		defer transport.CloseIdleConnections()
		response, err := transport.RoundTrip(request)
		if err != nil {
			status <- err.Error()
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			text = []byte(err.Error())
		}
		status <- response.Status + " " + string(text)
	}()
	<-reading
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := next(); got != "" { // the end has begun
		t.Errorf("streamed %q", got)
	}
	if _, err := io.WriteString(rest, `{"title":"late"}`); err != nil {
		t.Fatal(err)
	}
	rest.Close()
	if got := <-status; !strings.HasPrefix(got, "201 Created") || !strings.Contains(got, "late") {
		t.Errorf("the request that was under way: %s", got)
	}
	p.logged("no such line")
	if err := p.Wait(); err != nil {
		t.Errorf("the process ends with %v", err)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(p.site.url, "http://")); err == nil {
		c.Close()
		t.Error("somebody still listens")
	}
}

// On Kafka, with the views on disk, a process goes on where the one before ended.
func TestProcessGoesOn(t *testing.T) {
	brokers := os.Getenv("BROOK_KAFKA")
	if brokers == "" {
		t.Skip("SKIPPED: BROOK_KAFKA does not name a broker (host:port), so this is NOT tested; scripts/kafka starts one")
	}
	args := []string{"-brokers", brokers, "-dir", t.TempDir(), "-topic",
		"tasks-" + strings.ToLower(rand.Text())}
	var ids []string
	for range 2 {
		p := startProcess(t, args...)
		p.site.ready()
		for _, id := range ids {
			p.site.do("GET", "/tasks/"+id, "", http.StatusOK, nil)
		}
		ids = append(ids, p.site.add("water", "ada").ID)
		if err := p.end(); err != nil {
			t.Fatal(err)
		}
	}
}

// What the app can't go on with ends the service.
func TestAnAppThatFailsEndsTheService(t *testing.T) {
	store := mapstore.New()
	open := func(driver brook.Driver) *server {
		app, err := tasks.NewApp(brook.Config{
			Author: "tasks", Driver: driver, Store: store, Log: slog.New(slog.DiscardHandler),
		}, tasks.Board{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { app.Close() })
		s := newServer(app, slog.New(slog.DiscardHandler))
		t.Cleanup(func() { s.close() })
		return s
	}
	before := open(memdriver.New())
	task := tasks.TaskAdded{ID: "a", Title: "water"}
	if _, err := before.app.Publish.TaskAdded(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	if err := before.app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	another := memdriver.New() // a log that the views were not made from
	err = serve(t.Context(), open(another), listener)
	if !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("serve: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for want, o := range map[string]options{
		"-brokers":               {addr: "127.0.0.1:0", topic: "tasks", dir: t.TempDir()},
		listener.Addr().String(): {addr: listener.Addr().String(), topic: "tasks"},
		"127.0.0.1:1":            {addr: "127.0.0.1:0", topic: "tasks", brokers: "127.0.0.1:1"},
	} {
		err := run(t.Context(), o, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error that names %s", o, err, want)
		}
	}
}
