package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// tool runs a command with an input, and returns its output.
func (c *cluster) tool(ctx context.Context, input, name string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		c.t.Skipf("SKIPPED: %v, so this is NOT tested", err)
	}
	if err != nil {
		c.t.Fatalf("%s %v: %v: %s", name, args, err, complaints.String())
	}
	return string(out)
}

// kcat runs kcat.
func (c *cluster) kcat(ctx context.Context, input string, args ...string) string {
	c.t.Helper()
	return c.tool(ctx, input, "kcat",
		append([]string{"-b", strings.Join(c.addrs, ",")}, args...)...)
}

// kafka runs one of Kafka's own tools.
func (c *cluster) kafka(ctx context.Context, input, tool string, args ...string) string {
	c.t.Helper()
	if c.script == "" {
		c.t.Skip("SKIPPED: BROOK_KAFKA_SCRIPT does not name scripts/kafka, so this is NOT tested; " +
			"scripts/kafka run sets it")
	}
	return c.tool(ctx, input, c.script,
		append([]string{tool, "--bootstrap-server", strings.Join(c.addrs, ",")}, args...)...)
}

// A line is a record for a tool to write.
type line struct{ typ, key, value string }

// lines are what each tool writes, in each envelope: accounts that are opened and have moves.
func lines(moves bool) (all []line) {
	for n := range 20 {
		account := fmt.Sprintf("a-%d", n)
		all = append(all, line{ledger.OpenedType, account,
			fmt.Sprintf(`{"account":%q,"email":"é ☃"}`, account)})
		if moves {
			all = append(all, line{ledger.MovedType, account,
				fmt.Sprintf(`{"account":%q,"cents":%d}`, account, n)})
		}
	}
	return all
}

// TestToolsWrite: what kcat and Kafka's console producer write is folded: CloudEvents, plain JSON
// and raw topics; wherever they put a key.
func TestToolsWrite(t *testing.T) {
	t.Parallel()
	c := shared(t)
	plain := func(l line) string {
		return fmt.Sprintf(`{"type":%q,"author":"a tool","create_ts":1591619696789,"data":%s}`,
			l.typ, l.value)
	}
	raw := func(l line) string { return l.value }
	tools := map[string]func(c *cluster, ctx context.Context, topic string, all []line,
		value func(line) string, headers bool){
		"kcat": func(c *cluster, ctx context.Context, topic string, all []line,
			value func(line) string, headers bool) {
			if !headers {
				var input strings.Builder
				for _, l := range all {
					fmt.Fprintf(&input, "%s\t%s\n", l.key, value(l))
				}
				c.kcat(ctx, input.String(), "-P", "-t", topic, "-K", "\t", "-z", "lz4")
				return
			}
			for _, l := range all { // headers are the same for all that it reads
				c.kcat(ctx, l.key+"\t"+value(l), "-P", "-t", topic, "-K", "\t", "-X",
					"topic.partitioner=murmur2_random", "-H", "ce_specversion=1.0", "-H",
					"ce_source=a tool", "-H", "ce_type="+l.typ)
			}
		},
		"console producer": func(c *cluster, ctx context.Context, topic string, all []line,
			value func(line) string, headers bool) {
			args := []string{"--topic", topic, "--compression-codec", "zstd", "--property",
				"parse.key=true"}
			var input strings.Builder
			for _, l := range all {
				if headers {
					fmt.Fprintf(&input, "ce_specversion:1.0,ce_source:a tool,ce_type:%s\t", l.typ)
				}
				fmt.Fprintf(&input, "%s\t%s\n", l.key, value(l))
			}
			if headers {
				args = append(args, "--property", "parse.headers=true")
			}
			c.kafka(ctx, input.String(), "console-producer", args...)
		},
	}
	for tool, write := range tools {
		for name, e := range map[string]struct {
			envelope func(topic string) brook.Envelope
			value    func(line) string
			headers  bool
			moves    bool
		}{
			"CloudEvents": {func(string) brook.Envelope { return nil }, raw, true, true},
			"PlainJSON": {func(string) brook.Envelope {
				return brook.PlainJSON{}
			}, plain, false, true},
			"RawTopics": {func(topic string) brook.Envelope {
				return brook.RawTopics{Types: map[string]string{topic: ledger.OpenedType}}
			}, raw, false, false},
		} {
			t.Run(tool+" "+name, func(t *testing.T) {
				t.Parallel()
				c := &cluster{t: t, addrs: c.addrs, script: c.script}
				ctx := limit(t)
				topic := c.topic(3, nil)
				conf := config(c.driver(nil), mapstore.New(), topic)
				conf.Envelope = e.envelope(topic)
				app := run(t, conf, audit())
				all := lines(e.moves)
				write(c, ctx, topic, all, e.value, e.headers)
				var wrote int64
				for _, pos := range ends(t, ctx, c.steady(), topic) {
					app.pass(ctx, pos)
					wrote += pos.Offset + 1
				}
				if wrote != int64(len(all)) {
					t.Errorf("the tool wrote %d records, want %d", wrote, len(all))
				}
				accounts, err := brook.Map(app.Views.Accounts.All())
				if err != nil || len(accounts) != 20 {
					t.Fatalf("%d accounts, want 20: %v", len(accounts), err)
				}
				for n := range 20 {
					a := accounts[fmt.Sprintf("a-%d", n)]
					if a.Email != "é ☃" || e.moves && (a.Balance != int64(n) || a.Moves != 1) {
						t.Errorf("account %d is %+v", n, a)
					}
				}
				if letters := apptest.Observe(t, app.App).Letters; letters != nil {
					t.Errorf("letters: %q", letters)
				}
			})
		}
	}
}

// TestToolsRead: what an app publishes is what kcat and Kafka's console consumer read: partitions,
// offsets, keys, headers, values.
func TestToolsRead(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(3, nil)
	app := run(t, config(c.driver(nil), mapstore.New(), topic), audit())
	var offsets, texts []string
	for n := range 30 {
		account := fmt.Sprintf("a-%d", n)
		id := fmt.Sprintf("id-%d", n)
		pos, err := app.Publish.Opened(ctx, ledger.Opened{Account: account, Email: "é ☃"},
			brook.WithID(id), brook.WithHeader("traceparent", []byte("00-x")))
		if err != nil {
			t.Fatal(err)
		}
		app.pass(ctx, pos)
		value := fmt.Sprintf(`{"account":%q,"email":"é ☃"}`, account)
		offsets = append(offsets, fmt.Sprintf("%d %d %s ce_id=%s %s", pos.Partition, pos.Offset,
			account, id, value))
		texts = append(texts, fmt.Sprintf("Partition:%d Offset:%d %s ce_id:%s %s", pos.Partition,
			pos.Offset, account, id, value))
	}
	// Header names are all reported; of one header the value too.
	abridge := func(out, separator, between string) (all []string) {
		for text := range strings.Lines(out) {
			parts := strings.Split(strings.TrimSuffix(text, "\n"), "\t")
			for i, part := range parts {
				if !strings.Contains(part, "ce_specversion") {
					continue
				}
				for _, want := range []string{"ce_specversion" + between + "1.0", "ce_source" +
					between + "ledger", "ce_type" + between + ledger.OpenedType,
					"content-type" + between + "application/json", "traceparent" + between + "00-x",
					"ce_time" + between} {
					if !strings.Contains(part, want) {
						t.Errorf("headers %q have no %q", part, want)
					}
				}
				for h := range strings.SplitSeq(part, separator) {
					if strings.HasPrefix(h, "ce_id") {
						parts[i] = h
					}
				}
			}
			all = append(all, strings.Join(parts, " "))
		}
		slices.Sort(all)
		return all
	}
	slices.Sort(offsets)
	if got := abridge(c.kcat(ctx, "", "-C", "-t", topic, "-e", "-q", "-f", "%p\t%o\t%k\t%h\t%s\n"),
		",", "="); !slices.Equal(got, offsets) {
		t.Errorf("kcat read\n got %q\nwant %q", got, offsets)
	}
	slices.Sort(texts)
	out := c.kafka(ctx, "", "console-consumer", "--topic", topic, "--from-beginning",
		"--max-messages", fmt.Sprint(len(texts)), "--timeout-ms", "30000", "--property",
		"print.partition=true", "--property", "print.offset=true", "--property",
		"print.headers=true", "--property", "print.key=true")
	got := abridge(out, ",", ":")
	for i := range got { // it has headers before the key
		parts := strings.SplitN(got[i], " ", 5)
		if len(parts) == 5 {
			parts[2], parts[3] = parts[3], parts[2]
			got[i] = strings.Join(parts, " ")
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, texts) {
		t.Errorf("the console consumer read\n got %q\nwant %q", got, texts)
	}

	// Java's clients put a key where we do.
	c.kafka(ctx, "a-0\tx\na-1\tx\na-2\tx\na-3\tx\n", "console-producer", "--topic", topic,
		"--property", "parse.key=true")
	ours := map[string]int32{}
	all := c.read(ctx, topic)
	for _, r := range all {
		if string(r.Value) != "x" {
			ours[string(r.Key)] = r.Partition
		}
	}
	theirs := 0
	for _, r := range all {
		if string(r.Value) == "x" {
			if theirs++; ours[string(r.Key)] != r.Partition {
				t.Errorf("key %s is in partition %d by Java, in %d by us", r.Key, r.Partition,
					ours[string(r.Key)])
			}
		}
	}
	if theirs != 4 {
		t.Errorf("Java wrote %d records, want 4", theirs)
	}
}
