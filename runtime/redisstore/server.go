package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// oldest is the first major version of Redis that has every command in use.
const oldest = 7

// checkServer returns an error if a server can't keep views.
func checkServer(ctx context.Context, client redis.UniversalClient) error {
	switch c := client.(type) {
	case *redis.Ring:
		return fmt.Errorf("%w: a redis.Ring moves keys to other servers when one is down: "+
			"use a ClusterClient", ErrServer)
	case *redis.ClusterClient:
		if o := c.Options(); o.ReadOnly || o.RouteByLatency || o.RouteRandomly {
			return fmt.Errorf("%w: the client reads from replicas, which lag behind: "+
				"leave ReadOnly, RouteByLatency and RouteRandomly of its options unset", ErrServer)
		}
		var mu sync.Mutex
		var first error
		err := c.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			err := checkNode(ctx, node)
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
			}
			return err
		})
		if first != nil {
			return first
		}
		if err != nil {
			return fmt.Errorf("redisstore: %w", err)
		}
		return nil
	default:
		return checkNode(ctx, client)
	}
}

// checkNode checks one server. It asks INFO, because hosted ones have no CONFIG.
func checkNode(ctx context.Context, client redis.Cmdable) error {
	text, err := client.Info(ctx, "server", "memory", "replication").Result()
	if err != nil {
		where := ""
		if c, ok := client.(*redis.Client); ok {
			where = " at " + c.Options().Addr
		}
		return fmt.Errorf("redisstore: ask the server%s what it is: %w", where, strange(err))
	}
	return checkInfo(text)
}

// mayEvict returns an error if the server of a view was configured, since New checked it, to evict
// keys when its memory is full. If that can't be asked, the commit goes on.
func (s *Store) mayEvict(ctx context.Context, v *view) error {
	node := redis.Cmdable(s.client)
	if c, ok := s.client.(*redis.ClusterClient); ok {
		master, err := c.MasterForKey(ctx, v.key)
		if err != nil {
			return nil //nolint:nilerr // what cannot be asked is no reason
		}
		node = master
	}
	text, err := node.Info(ctx, "memory").Result()
	info := infoOf(text)
	if err != nil || info["maxmemory_policy"] == "" {
		return nil //nolint:nilerr // what cannot be asked is no reason
	}
	return checkPolicy(info, v.tag)
}

func checkPolicy(info map[string]string, where string) error {
	// The volatile policies take only keys that expire, and ours do not.
	if policy := info["maxmemory_policy"]; policy != "noeviction" &&
		!strings.HasPrefix(policy, "volatile-") {
		return fmt.Errorf("%w: %s: maxmemory-policy is %q, so it may throw rows away: "+
			"set it to noeviction", ErrServer, where, policy)
	}
	return nil
}

// infoOf parses the answer to INFO.
func infoOf(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

// checkInfo checks a server by its INFO.
func checkInfo(text string) error {
	info := infoOf(text)
	where := "port " + info["tcp_port"]
	version := info["redis_version"]
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		return fmt.Errorf("%w: %s: it is Redis %q, and %d or newer is needed", ErrServer, where,
			version, oldest)
	}
	if err := checkPolicy(info, where); err != nil {
		return err
	}
	if role := info["role"]; role == "slave" {
		return fmt.Errorf("%w: %s: it is a replica: connect to its master", ErrServer, where)
	}
	return nil
}
