package drivertest

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Trimmer is implemented by a driver, or by a wrapper of it for the test, so that the suite can
// check what readers do when retention deletes records.
type Trimmer interface {
	// Trim deletes the records of a partition before an offset.
	Trim(topic string, partition int32, before int64) error
}

// Truncater is implemented by a driver, or by a wrapper of it for the test, so that the suite can
// check what readers do when a log is cut back and grows again.
type Truncater interface {
	// Truncate deletes the records of a partition from an offset on.
	Truncate(topic string, partition int32, from int64) error
}

// Expander is implemented by a driver, or by a wrapper of it for the test, so that the suite can
// check what happens when topics get further partitions.
type Expander interface {
	// Grow adds partitions to a topic, so that it has that many.
	Grow(topic string, partitions int) error
}

// Run checks a driver. Open is called once for each subtest, and has t.Cleanup close what it made.
func Run(t *testing.T, open func(t *testing.T) brook.Driver) {
	for _, c := range []struct {
		name string
		test func(*fixture)
	}{
		{"Partitions", testPartitions},
		{"Positions", testPositions},
		{"RecordsWhole", testRecordsWhole},
		{"RecordsOwned", testRecordsOwned},
		{"Times", testTimes},
		{"Keys", testKeys},
		{"Placed", testPlaced},
		{"Topics", testTopics},
		{"Replay", testReplay},
		{"Backlog", testBacklog},
		{"ReadWaits", testReadWaits},
		{"ReadCancelled", testReadCancelled},
		{"ReadersApart", testReadersApart},
		{"Lending", testLending},
		{"LargeRecords", testLargeRecords},
		{"Publishers", testPublishers},
		{"OutOfRange", testOutOfRange},
		{"Retention", testRetention},
		{"CutBack", testCutBack},
		{"Cancelled", testCancelled},
		{"Marks", testMarks},
		{"Growth", testGrowth},
		{"GroupAlone", testGroupAlone},
		{"GroupDivides", testGroupDivides},
		{"GroupsApart", testGroupsApart},
		{"GroupMarks", testGroupMarks},
		{"GroupChurn", testGroupChurn},
		{"GroupGrows", testGroupGrows},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(newFixture(t, open(t))) })
	}
}
