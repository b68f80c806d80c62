package exclusive_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/key"
)

// A parked event that became due while its task was silent is silent, although a call runs it.
func TestDueEventOfASilentPartition(t *testing.T) {
	for _, silent := range []bool{true, false} {
		r := newRig(t, false)
		row := key.AppendString(nil, "row")
		r.Do["S x"] = func(d *delivery.Delivery) error {
			if _, err := d.Tx.Get(0, row); err != nil {
				return brook.Early(err)
			}
			tasktest.Emit(d, "S")
			return nil
		}
		tk := r.Task(1)
		if silent {
			tk.Partitions[0].Silent = 9
		}
		tasktest.Append(tk.Partitions[0], "k x")
		if err := r.Fold(tk); err != nil {
			t.Fatal(err)
		}
		// The row appears in a batch that ends before the event runs.
		n := 1
		err := r.Store.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{{
			Table: r.Catalog.Live().Tables[0], Key: row, Value: &n,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		j := &tk.Batch.Parked
		j.Appeared(0, row, parked.Due{By: tasktest.In.At(1), Silent: silent})
		j.Forget()
		err = r.at(func(tk *exclusive.Task) error {
			tk.RunDue(t.Context())
			return nil
		})
		if err != nil || !r.Parked.Empty() {
			t.Fatalf("%v, parked are %v", err, r.Parked.All())
		}
		if n, want := r.Outbox.Depth(tasktest.In), map[bool]int{false: 1}[silent]; n != want {
			t.Errorf("silent %t: %d emissions, want %d", silent, n, want)
		}
	}
}
