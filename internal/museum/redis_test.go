package museum_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// redisViews counts the views of this process on the server: each has a prefix of its own.
var redisViews atomic.Int64

var redisServer = exhibit{"redis.txt", func(t *testing.T, file string) (brook.Store, func(), func(string)) {
	t.Helper()
	addr := os.Getenv("BROOK_REDIS")
	if addr == "" {
		t.Skip("no Redis: run scripts/redis run go test ./internal/museum, or set BROOK_REDIS")
	}
	client := redis.NewClient(&redis.Options{Addr: addr})
	tag := fmt.Sprintf("museum-%d-%d-", os.Getpid(), redisViews.Add(1))
	t.Cleanup(func() {
		for _, key := range keys(t, client, tag) {
			client.Unlink(context.Background(), key)
		}
		client.Close()
	})
	if file != "" {
		run(t, client, tag, readFile(t, file))
	}
	s, err := redisstore.New(t.Context(), client, redisstore.Prefix(tag))
	if err != nil {
		t.Fatal(err)
	}
	return s, func() {}, func(file string) { writeFile(t, file, commands(t, client, tag)) }
}}

// keys returns the keys of a view, sorted.
func keys(t *testing.T, client *redis.Client, tag string) (all []string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for scan := client.Scan(ctx, 0, "{"+tag+"*", 1000).Iterator(); scan.Next(ctx); {
		all = append(all, scan.Val())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// commands returns the commands that make the keys of a view, one a line, without its prefix.
func commands(t *testing.T, client *redis.Client, tag string) string {
	t.Helper()
	var out strings.Builder
	write := func(words ...string) {
		for i, w := range words {
			if i > 0 {
				w = strconv.Quote(w)
			}
			out.WriteString(w + " ")
		}
		out.WriteString("\n")
	}
	for _, key := range keys(t, client, tag) {
		name := "{" + strings.TrimPrefix(key, "{"+tag)
		switch kind := client.Type(t.Context(), key).Val(); kind {
		case "hash":
			all := client.HGetAll(t.Context(), key).Val()
			for _, field := range slices.Sorted(maps.Keys(all)) {
				write("HSET", name, field, all[field])
			}
		case "zset":
			for _, z := range client.ZRangeWithScores(t.Context(), key, 0, -1).Val() {
				write("ZADD", name, strconv.FormatFloat(z.Score, 'f', -1, 64), z.Member.(string))
			}
		default:
			t.Fatalf("%q is a %s", key, kind)
		}
	}
	return out.String()
}

// run runs commands, with the prefix of a view.
func run(t *testing.T, client *redis.Client, tag, commands string) {
	t.Helper()
	pipeline := client.Pipeline()
	for line := range strings.Lines(commands) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		command := []any{name}
		for rest != "" {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatal(err)
			}
			word, err := strconv.Unquote(quoted)
			if err != nil {
				t.Fatal(err)
			}
			if len(command) == 1 {
				word = "{" + tag + strings.TrimPrefix(word, "{")
			}
			command = append(command, word)
			rest = strings.TrimSpace(rest[len(quoted):])
		}
		pipeline.Do(t.Context(), command...)
	}
	if _, err := pipeline.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}
