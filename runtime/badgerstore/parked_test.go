package badgerstore_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Memory has no records of parked events, which come from the store when they run: as they were,
// also after a restart.
func TestRecordsOfParkedEvents(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("it takes a hundred megabytes to show")
	}
	const events, size = 2000, 20_000
	d := memdriver.New()
	dir := t.TempDir()
	s := open(t, dir, badgerstore.NoSync(), badgerstore.Memory(16<<20))
	app, err := openParcels(d, s)
	if err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		runtime.GC()
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	fold := func(events ...brook.Outgoing) {
		t.Helper()
		_, err := app.PublishAll(t.Context(), slices.Values(events))
		if err == nil {
			err = app.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text := func(i int) string {
		return strings.Repeat(string(rune('a'+i%26)), size)
	}
	before := live()
	for i := range events {
		fold(brook.Emit(parcels.Sent{Order: fmt.Sprint(i), Parcel: text(i)}))
	}
	if err := d.Trim("parcels", 0, events); err != nil { // else the log has them in memory
		t.Fatal(err)
	}
	used := int64(live()) - int64(before)
	t.Logf("%d bytes an event", used/events)
	if used > 20<<20 {
		t.Errorf("%d events of %d bytes take %d bytes", events, size, used)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	s = open(t, dir, badgerstore.NoSync())
	if app, err = openParcels(d, s); err != nil {
		t.Fatal(err)
	}
	for i := range events {
		o := fmt.Sprint(i)
		fold(brook.Emit(parcels.Placed{Order: o}), brook.Emit(parcels.Paid{Order: o, Cents: i}))
	}
	for i := range events {
		o, err := app.Views.Orders.Get(fmt.Sprint(i))
		if err != nil || o.Paid != i || len(o.Parcels) != 1 || o.Parcels[0] != text(i) {
			t.Fatalf("order %d: %d paid, %d parcels, %v", i, o.Paid, len(o.Parcels), err)
		}
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}
