package mapstore_test

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// A store as the apply loop uses it: typed values in, the same values out.
func Example() {
	type user struct{ Email string }
	ctx := context.Background()
	store := mapstore.New()
	users, err := store.Table(ctx, brook.TableSpec{Name: "users"})
	if err != nil {
		fmt.Println(err)
		return
	}
	commit := func(writes ...brook.Write) {
		if err := store.Commit(ctx, &brook.Batch{Writes: writes}); err != nil {
			fmt.Println(err)
		}
	}
	commit(
		brook.Write{Table: users, Key: []byte("u2"), Value: &user{"b@example.com"}},
		brook.Write{Table: users, Key: []byte("u1"), Value: &user{"a@example.com"}},
	)
	before, err := store.Snapshot(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer before.Close()
	commit(brook.Write{Table: users, Key: []byte("u1"), Op: brook.Remove})

	for _, r := range []brook.Reader{before, store.Latest()} {
		for row, err := range r.Scan(ctx, users, nil, nil) {
			fmt.Printf("%s %v %v\n", row.Key, *row.Value.Data.(*user), err)
		}
		_, err := r.Get(ctx, users, []byte("u1"))
		fmt.Println("u1:", err)
	}
	// Output:
	// u1 {a@example.com} <nil>
	// u2 {b@example.com} <nil>
	// u1: <nil>
	// u2 {b@example.com} <nil>
	// u1: brook: not found
}
