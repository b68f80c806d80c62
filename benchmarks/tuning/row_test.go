package tuning

import (
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// BenchmarkRow folds 100,000 rows and reports what each takes: in memory beyond what its log takes,
// and on disk once the store is closed. A row has a key of 16 bytes, a text of 38 and two numbers;
// an event has 87 bytes of JSON.
func BenchmarkRow(b *testing.B) {
	const rows = 100_000
	for _, store := range []string{"map", "badger"} {
		for _, events := range []int{0, 1, 10} {
			b.Run(fmt.Sprintf("store=%s/history=%d", store, events), func(b *testing.B) {
				var memory, disk float64
				for b.Loop() {
					a := newApp(b, store, brook.Config{})
					a.publish(b, rows*max(events, 1), rows, events > 0)
					before := heap()
					a.catchUp(b)
					memory += float64(heap()) - float64(before)
					a.close()
					if a.dir != "" {
						disk += float64(onDisk(b, a.dir))
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(memory/float64(rows*b.N), "B-memory/row")
				if disk > 0 {
					b.ReportMetric(disk/float64(rows*b.N), "B-disk/row")
				}
			})
		}
	}
}
