package redisstore_test

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

func TestServerIsChecked(t *testing.T) {
	const good = "# Server\r\nredis_version:7.0.15\r\ntcp_port:6379\r\n# " +
		"Memory\r\nmaxmemory_policy:noeviction\r\n# Replication\r\nrole:master\r\n"
	for name, c := range map[string]struct{ info, want string }{
		"good":         {good, ""},
		"newer":        {strings.Replace(good, "7.0.15", "8.2.1", 1), ""},
		"takes others": {strings.Replace(good, "noeviction", "volatile-lru", 1), ""},
		"old": {strings.Replace(good, "7.0.15", "6.2.14", 1),
			`Redis "6.2.14", and 7 or newer`},
		"no version": {"", "7 or newer"},
		"evicts": {strings.Replace(good, "noeviction", "allkeys-lru", 1),
			`maxmemory-policy is "allkeys-lru", so it may throw rows away: set it to noeviction`},
		"evicts likewise": {strings.Replace(good, "noeviction", "allkeys-random", 1),
			"maxmemory-policy"},
		"replica": {strings.Replace(good, "role:master", "role:slave", 1), "it is a replica"},
	} {
		err := redisstore.CheckInfo(c.info)
		if c.want == "" && err != nil || c.want != "" &&
			(!errors.Is(err, redisstore.ErrServer) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The server of the tests itself is refused while it may evict.
func TestServerMayEvict(t *testing.T) {
	c := client(t)
	policy := func(p string) {
		t.Helper()
		if err := c.ConfigSet(t.Context(), "maxmemory-policy", p).Err(); err != nil {
			t.Skip(err)
		}
	}
	was, err := c.ConfigGet(t.Context(), "maxmemory-policy").Result()
	if err != nil {
		t.Skip(err)
	}
	policy("allkeys-lfu")
	_, err = redisstore.New(t.Context(), c)
	policy(was["maxmemory-policy"])
	if !errors.Is(err, redisstore.ErrServer) || !strings.Contains(err.Error(), "maxmemory-policy") {
		t.Errorf("a server that may evict: %v", err)
	}
}

func TestClientsRefused(t *testing.T) {
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	closing(t, ring)
	replicas := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"},
		ReadOnly: true})
	closing(t, replicas)
	for name, c := range map[string]redis.UniversalClient{"ring": ring, "replicas": replicas} {
		if _, err := redisstore.New(t.Context(), c); !errors.Is(err, redisstore.ErrServer) {
			t.Errorf("%s: %v, want ErrServer", name, err)
		}
	}
	nobody := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	closing(t, nobody)
	if _, err := redisstore.New(t.Context(), nobody); err == nil ||
		errors.Is(err, redisstore.ErrServer) {
		t.Errorf("nobody there: %v, want an error of the network", err)
	}
}

// An older version leaves alone what a newer one wrote, also what became newer while it ran.
func TestNewerLayout(t *testing.T) {
	c, prefix := client(t), apart(t)
	s := open(t, c, prefix)
	table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	commit(t, s, put(table, "k", "1"))
	if err := s.SetLayout(t.Context(), "2"); err != nil {
		t.Fatal(err)
	}
	err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{put(table, "k", "2")}})
	if !errors.Is(err, redisstore.ErrLayout) || !strings.Contains(err.Error(), "has layout 2") {
		t.Errorf("a commit: %v, want ErrLayout", err)
	}
	if _, err := open(t, c, prefix).Table(t.Context(),
		brook.TableSpec{Name: "app/rows"}); !errors.Is(err, redisstore.ErrLayout) {
		t.Errorf("a table: %v, want ErrLayout", err)
	}
	if err := s.SetLayout(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	v, err := s.Latest().Get(t.Context(), table, []byte("k"))
	if err != nil || string(v.Data.([]byte)) != "1" {
		t.Errorf("the refused commit wrote %v, %v", v, err)
	}
}

// A key that somebody else uses is not written over.
func TestForeignKeys(t *testing.T) {
	c, s := client(t), open(t, client(t), apart(t))
	tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	key := s.Tags()[0] + ":rows:mine"
	if err := c.Set(t.Context(), key, "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	defer c.Del(t.Context(), key)
	if _, err := s.Table(t.Context(), brook.TableSpec{Name: "app/mine"}); !errors.Is(err,
		redisstore.ErrLayout) {
		t.Errorf("a table over somebody else's key: %v, want ErrLayout", err)
	}
	for _, name := range []string{"", "tab\tstop", "é"} {
		if _, err := s.Table(t.Context(), brook.TableSpec{Name: name}); err == nil {
			t.Errorf("a table named %q is made", name)
		}
	}
}
