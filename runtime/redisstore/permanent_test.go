package redisstore_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// alone returns a store on a server of its own, with some rows.
func alone(t *testing.T) (*node, *redis.Client, *redisstore.Store, brook.Table) {
	t.Helper()
	n := startNode(t)
	c := redis.NewClient(&redis.Options{Addr: n.addr})
	closing(t, c)
	s, err := redisstore.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	for _, key := range []string{"a", "b", "c"} {
		commit(t, s, put(table, key, strings.Repeat("x", 1000)))
	}
	return n, c, s, table
}

func wantPermanent(t *testing.T, what string, err, sentinel error) {
	t.Helper()
	if !errors.Is(err, brook.ErrPermanent) || !errors.Is(err, sentinel) {
		t.Errorf("%s: %v; want %v, which wraps brook.ErrPermanent", what, err, sentinel)
	}
}

// A server that comes back empty, or is emptied, is not waited for.
func TestServerEmptied(t *testing.T) {
	n, _, s, table := alone(t)
	n.do("flushall")
	err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{put(table, "d", "1")}})
	wantPermanent(t, "a commit", err, redisstore.ErrLost)
	if n.do("dbsize") != int64(0) {
		t.Error("something was written")
	}
	// A client that opens the view again begins again.
	again := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	commit(t, s, put(again, "d", "1"))
}

// A server that starts to evict while an app runs ends the app, before rows are lost unnoticed.
func TestServerBeginsToEvict(t *testing.T) {
	n, _, s, table := alone(t)
	n.do("config", "set", "maxmemory-policy", "allkeys-lru")
	s.Judge()
	err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{put(table, "d", "1")}})
	wantPermanent(t, "a commit", err, redisstore.ErrServer)
	n.do("unlink", s.Tags()[0]+":rows:rows") // what it has evicted shows as a conflict
	err = s.Commit(t.Context(),
		&brook.Batch{Checks: []brook.Check{{Table: table, Key: []byte("a"), Version: 7}}})
	wantPermanent(t, "a commit that misses a row", err, redisstore.ErrServer)
	n.do("config", "set", "maxmemory-policy", "volatile-lru")
	for _, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		wantPermanent(t, "a scan of evicted rows", err, redisstore.ErrDamaged)
	}
}

// Keys of another type, and bytes that are no rows, are damage.
func TestKeysDamaged(t *testing.T) {
	n, _, s, table := alone(t)
	rows, order := s.Tags()[0]+":rows:rows", s.Tags()[0]+":order:rows"
	n.do("hset", rows, "a", "short")
	_, err := s.Latest().Get(t.Context(), table, []byte("a"))
	wantPermanent(t, "a row without a version", err, redisstore.ErrDamaged)
	for _, key := range []string{rows, order} {
		n.do("del", key)
		n.do("set", key, "a string")
		err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{put(table, "e"+key, "1")}})
		wantPermanent(t, "a commit", err, redisstore.ErrDamaged)
	}
	_, err = s.Latest().Get(t.Context(), table, []byte("b"))
	wantPermanent(t, "a read", err, redisstore.ErrDamaged)
	_, err = s.Latest().(brook.Fetcher).Fetch(t.Context(),
		[]brook.TableKey{{Table: table, Key: []byte("b")}})
	wantPermanent(t, "a fetch", err, redisstore.ErrDamaged)
	for _, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		wantPermanent(t, "a scan", err, redisstore.ErrDamaged)
	}
}

// A server whose memory is full refuses commits that add, with an error that is waited for, and
// accepts those that remove, with their positions.
func TestMemoryFull(t *testing.T) {
	n, _, s, table := alone(t)
	n.do("config", "set", "maxmemory", "1mb")
	err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{put(table, "d", "1")}})
	if err == nil || errors.Is(err, brook.ErrPermanent) ||
		!strings.Contains(err.Error(), "maxmemory") {
		t.Errorf("a commit that adds: %v", err)
	}
	commit(t, s, brook.Write{Table: table, Key: []byte("a"), Op: brook.Remove})
	commit(t, s, put(table, "position", "1"),
		brook.Write{Table: table, Key: []byte("b"), Op: brook.Remove})
	if err := s.Drop(t.Context(), table); err != nil {
		t.Error(err)
	}
	n.do("config", "set", "maxmemory", "0")
	commit(t, s, put(table, "d", "1"))
}

// An answer that is larger than the server sends ends in an error that names what to change.
func TestOutputLimit(t *testing.T) {
	n, _, s, table := alone(t)
	var big []brook.Write
	for i := range 100 {
		big = append(big, put(table, strings.Repeat("k", i+1), strings.Repeat("x", 100_000)))
	}
	commit(t, s, big...)
	n.do("config", "set", "client-output-buffer-limit", "normal 100000 0 0")
	var keys []brook.TableKey
	for _, w := range big {
		keys = append(keys, brook.TableKey{Table: table, Key: w.Key})
	}
	_, err := s.Latest().(brook.Fetcher).Fetch(t.Context(), keys)
	if err == nil || errors.Is(err, brook.ErrPermanent) ||
		!strings.Contains(err.Error(), "client-output-buffer-limit") {
		t.Errorf("a fetch of 10 MB: %v", err)
	}
}

// New returns an error that says so if the address belongs to another service, or to
// one that wants TLS.
func TestNoRedis(t *testing.T) {
	for name, answer := range map[string]func(net.Conn){
		"hangs up": func(net.Conn) {},
		"http": func(c net.Conn) {
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		},
		"silent": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					answer(c)
				}()
			}
		}()
		c := redis.NewClient(&redis.Options{Addr: l.Addr().String(), MaxRetries: -1,
			ReadTimeout: 200 * time.Millisecond})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err = redisstore.New(ctx, c)
		cancel()
		if err == nil || !strings.Contains(err.Error(), "no answer as of a Redis server") ||
			!strings.Contains(err.Error(), l.Addr().String()) {
			t.Errorf("%s: %v", name, err)
		}
		_ = c.Close()
		_ = l.Close()
	}
}
