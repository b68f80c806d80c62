package redisstore_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// node is a server of a test's own, which may crash.
type node struct {
	t       *testing.T
	options []string
	dir     string
	addr    string
	pid     int
}

// startNode starts a server with options of scripts/redis start.
func startNode(t *testing.T, options ...string) *node {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("NOT TESTED: there is no redis-server to start and to kill. Install it: " +
			"apt-get install redis-server")
	}
	n := &node{t: t, options: options, dir: t.TempDir()}
	n.start()
	t.Cleanup(n.crash)
	return n
}

// start starts it, with what it kept.
func (n *node) start() {
	n.t.Helper()
	cmd := exec.Command("../../scripts/redis",
		append(append([]string{"start"}, n.options...), n.dir)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		n.t.Fatalf("scripts/redis start %q: %v", n.options, err)
	}
	n.addr = strings.TrimSpace(string(out))
	if n.pid, err = strconv.Atoi(n.info("process_id")); err != nil {
		n.t.Fatal(err)
	}
}

// crash ends it with SIGKILL.
func (n *node) crash() {
	if n.pid == 0 {
		return
	}
	if p, err := os.FindProcess(n.pid); err == nil {
		_ = p.Kill() // it may have ended
	}
	n.pid = 0
}

// try has the server do a command.
func (n *node) try(args ...any) (any, error) {
	c := redis.NewClient(&redis.Options{Addr: n.addr})
	defer c.Close()
	return c.Do(n.t.Context(), args...).Result()
}

// do has the server do a command that must not fail.
func (n *node) do(args ...any) any {
	n.t.Helper()
	reply, err := n.try(args...)
	if err != nil {
		n.t.Fatalf("%v: %v", args, err)
	}
	return reply
}

// accepts has the server do a command, again until it does not refuse.
func (n *node) accepts(args ...any) {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err := n.try(args...)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%v: %v", args, err)
		}
	}
}

// info asks the server for a value of INFO.
func (n *node) info(name string) string {
	n.t.Helper()
	text, _ := n.do("info").(string)
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			return value
		}
	}
	return ""
}

// until waits for a value of INFO.
func (n *node) until(name, value string) {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); n.info(name) != value; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s of %s is %q, want %q", name, n.addr, n.info(name), value)
		}
	}
}

// catchesUp waits until a replica has what its master has now. Without, it may have nothing
// at all: a master sends a new replica its commands from the first acknowledgement on, which
// comes within a second.
func (n *node) catchesUp(master *node) {
	n.t.Helper()
	offset := func(of *node, name string) int64 {
		v, err := strconv.ParseInt(of.info(name), 10, 64)
		if err != nil {
			n.t.Fatal(err)
		}
		return v
	}
	want := offset(master, "master_repl_offset")
	for deadline := time.Now().Add(30 * time.Second); offset(n,
		"slave_repl_offset") < want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s does not catch up with %s", n.addr, master.addr)
		}
	}
}

// switched is a client that goes to the server that was chosen for it.
type switched struct {
	*redis.Client
	addr atomic.Pointer[string]
}

func newSwitched(t *testing.T, to *node) *switched {
	s := &switched{}
	s.to(to)
	s.Client = redis.NewClient(&redis.Options{Addr: "the master",
		Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, *s.addr.Load())
		}})
	closing(t, s.Client)
	return s
}

func (s *switched) to(n *node) {
	addr := n.addr
	s.addr.Store(&addr)
}
