package brook_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

var noon = time.Date(2026, 7, 29, 12, 0, 0, 0, time.UTC)

// The JSON of a status is read by others: its names and units stay.
func TestStatusJSON(t *testing.T) {
	t.Parallel()
	roundTrip(t, brook.Status{Name: "shop", State: brook.StateStarting, Timers: -1},
		`{"name":"shop","state":"starting","lag":0,"behind_seconds":0,"mode":{"lanes":0},`+
			`"letters":0,"parked":0,"jobs":0,"outbox":0,"timers":-1,"partitions":[],"failures":[]}`)
	failed := brook.FailureStatus{First: noon, Last: noon.Add(time.Second), What: "commit",
		Position: brook.Position{Topic: "shop", Offset: 9}, Attempts: 3, Error: "a <b> & c",
		Recovered: true}
	roundTrip(t, brook.Status{
		Name: "shop", State: brook.StateCatchingUp, Since: noon, Reason: "why", FirstLive: noon,
		Mode: brook.Mode{Lanes: 2, Reason: "two topics"},
		Partitions: []brook.PartitionStatus{
			{Topic: "shop", Next: 3, End: 10, Behind: 90 * time.Second, Time: noon, Moved: noon,
				Letters: 1, Parked: 2, Jobs: 3, Outbox: 4, Stands: "the store fails"},
			{Topic: "shop", Partition: 1, Next: 5, End: 5},
		},
		Letters: 1, Parked: 2, Jobs: 3, Outbox: 4, Timers: 5,
		Stale: &brook.StaleStatus{Changes: []string{"c"}, Handlers: []string{"h"},
			Overtaken: true, Refused: true},
		Failures: []brook.FailureStatus{failed},
	}, `{"name":"shop","state":"catching up","since":"2026-07-29T12:00:00Z","reason":"why",`+
		`"first_live":"2026-07-29T12:00:00Z",`+
		`"lag":7,"behind_seconds":90,"mode":{"lanes":2,"reason":"two topics"},`+
		`"letters":1,"parked":2,"jobs":3,"outbox":4,"timers":5,"partitions":[`+
		`{"topic":"shop","partition":0,"next":3,"end":10,"lag":7,"behind_seconds":90,`+
		`"time":"2026-07-29T12:00:00Z","moved":"2026-07-29T12:00:00Z","letters":1,"parked":2,`+
		`"jobs":3,"outbox":4,"stands":"the store fails"},`+
		`{"topic":"shop","partition":1,"next":5,"end":5,"lag":0,"behind_seconds":0,"letters":0,`+
		`"parked":0,"jobs":0,"outbox":0}],`+
		`"stale":{"changes":["c"],"handlers":["h"],"overtaken":true,"refused":true},`+
		`"failures":[{"first":"2026-07-29T12:00:00Z","last":"2026-07-29T12:00:01Z",`+
		`"what":"commit","position":"shop/0/9","attempts":3,"error":"a \u003cb\u003e \u0026 c",`+
		`"recovered":true}]}`)
}

func TestRebuildStatusJSON(t *testing.T) {
	t.Parallel()
	began := brook.RebuildStatus{Running: true, Preview: true, Began: noon,
		Progress: brook.RebuildProgress{Read: 1, Total: 4, Took: 1500 * time.Millisecond,
			Left: 4500 * time.Millisecond}}
	status := func(r brook.RebuildStatus) brook.Status {
		return brook.Status{State: brook.StateLive, Rebuild: &r}
	}
	head := `{"name":"","state":"live","lag":0,"behind_seconds":0,"mode":{"lanes":0},"letters":0,` +
		`"parked":0,"jobs":0,"outbox":0,"timers":0,"partitions":[],"rebuild":`
	roundTrip(t, status(began), head+
		`{"running":true,"preview":true,"began":"2026-07-29T12:00:00Z","read":1,"total":4,`+
		`"took_seconds":1.5,"left_seconds":4.5},"failures":[]}`)
	refused := brook.RebuildStatus{Began: noon, Ended: noon.Add(time.Minute), Err: "refused",
		Report: &brook.RebuildReport{
			Letters: 2, Dealt: 1, Read: 10, ReadBefore: 11, Took: time.Minute,
			Returned: true, Promoted: true, Passed: map[string]int{"gone": 3},
			Failures: []brook.FailureCount{{Type: "moved", Set: "Books", Stage: "handle",
				Error: "no", Count: 2}},
			First: []brook.DeadLetter{{Position: brook.Position{Topic: "t", Offset: 1}, ID: "x",
				Type: "moved", Author: "me", Set: "Books", Stage: "handle", Error: "no",
				Attempts: 1, Time: noon}},
		}}
	want := head + `{"running":false,"began":"2026-07-29T12:00:00Z","ended":"2026-07-29T12:01:00Z",` +
		`"read":0,"total":0,"took_seconds":0,"error":"refused","report":{"promoted":true,` +
		`"returned":true,"dealt":1,"letters":2,"failures":[{"type":"moved","set":"Books",` +
		`"stage":"handle","error":"no","count":2}],"first":[{"position":"t/0/1","id":"x",` +
		`"type":"moved","author":"me","set":"Books","stage":"handle","error":"no","attempts":1,` +
		`"time":"2026-07-29T12:00:00Z"}],"passed":{"gone":3},"read":10,"read_before":11,` +
		`"took_seconds":60}},"failures":[]}`
	roundTrip(t, status(refused), want)
	// Neither key nor record of a letter shows.
	refused.Report.First[0].Key = []byte("secret")
	refused.Report.First[0].Record = brook.Record{Key: []byte("secret"), Value: []byte("secret")}
	if got := marshal(t, status(refused)); got != want || strings.Contains(got, "secret") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var s brook.Status
	if err := json.Unmarshal([]byte(`{"state":7}`), &s); err == nil {
		t.Error("a state that is a number is read")
	}
	if err := json.Unmarshal([]byte(`{"state":"live","more":7}`), &s); err != nil {
		t.Error(err)
	}
}

// An app is behind by as much as its partition that is farthest behind, and lags by the sum.
func TestStatusSums(t *testing.T) {
	t.Parallel()
	s := brook.Status{Partitions: []brook.PartitionStatus{
		{Next: 5, End: 7, Behind: time.Second}, {Next: 9, End: 8}, {End: 3, Behind: time.Minute},
	}}
	if s.Lag() != 5 || s.Behind() != time.Minute {
		t.Errorf("lag %d, behind %s", s.Lag(), s.Behind())
	}
}
