package stream_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// The ID of an emission says what emitted it, and nothing else says so.
func TestOrigin(t *testing.T) {
	none := brook.Position{}
	at := brook.Position{Topic: "a/b", Partition: 3, Offset: 17}
	source := "app/" + stream.ShortLog("log") + "/a/b/3"
	for id, want := range map[string]struct {
		set string
		at  brook.Position
	}{
		stream.EmissionID(source, &brook.Message{}, at, "Set", 2):                   {"Set", at},
		stream.EmissionID(source, &brook.Message{}, at, "Set/failed", 0):            {"Set", at},
		stream.EmissionID("app", &brook.Message{ID: "x"}, brook.Position{}, "S", 1): {"S", none},
		"app/job/app/1234abcd/t/0/5/S/0/Mailer.Send/0":                              {"Mailer.Send", none},
		"app/1234abcd/t/-1/5/S/0":                                                   {"S", none},
		"app/1234abcg/t/1/5/S/0":                                                    {"S", none},
		"app/S/x":                                                                   {},
		"app/":                                                                      {},
		"app/0":                                                                     {},
	} {
		set, got := stream.Origin(id[len("app/"):])
		if set != want.set || got != want.at {
			t.Errorf("%s comes from %q, %v, want %q, %v", id, set, got, want.set, want.at)
		}
	}
}
