// Package mapstore keeps an app's views as typed values in memory.
//
//	store := mapstore.New()
//	app, err := shop.NewApp(brook.Config{Author: "shop", Driver: driver, Store: store}, shop.Projection{})
//
// # What it does
//
// A value is kept as it was committed, a pointer to the very struct: nothing is encoded, and what is
// read is Shared, to be looked at and not changed. Nothing outlives the process. One store may serve
// several apps, and an app that is opened again on a store of the same process finds its views there. Apps of one name must be made from
// the same package: to another one, or another version of it, its rows are brook.ErrUnreadable until a rebuild makes them anew.
//
// An app that starts with an empty store folds the log from its start, and all that was acted on before (brook.Marker) silently: it emits
// nothing again and runs no effect again. Dead letters are not kept beyond the process either. So where a handler failed, and succeeds when
// the log is folded again, its changes are there, but what it would have emitted then never is. Where emissions must not be lost so, keep the views
// in a store that is durable, or redrive letters before the process ends.
//
// # Concurrency
//
// Reads take no lock and wait for nobody, also while a commit runs. A snapshot and a scan
// pin an instant with one atomic addition; no row is copied for them. Commits queue up behind one
// another, and one commit across any number of tables becomes visible at one instant. A scan of Latest
// sees the instant at which it began. Contexts are looked at by Commit before it begins, and by scans.
//
// # Memory
//
// A row costs about 155 bytes beside its value: 112 for the row with a key of up to 24 bytes (as much more as a
// longer key is), 10 to 20 for the hash index and 18 to 35 for the order. A superseded value is
// let go by the commit that superseded it, unless a snapshot or a scan that is open can
// still see it. It is then let go when that one is closed, or by the commits that follow. A row that changes
// keeps exactly what the open ones can see, so a snapshot held for long costs one old version of each row
// changed since, however often it was changed. A snapshot that is never closed keeps them for good, and so
// does an iterator pulled (iter.Pull) and never stopped.
//
// History entries are kept as they were committed, one pointer each. A trimmed entry stays in memory until the
// row's history has grown by a quarter (four entries at least). Removed rows are let go of;
// the index does not shrink, but its room is used again. [Store.Drop] frees it all.
package mapstore
