// Package mapstore keeps an app's views as typed values in memory.
//
//	store := mapstore.New()
//	config := brook.Config{Author: "shop", Driver: driver, Store: store}
//	app, err := shop.NewApp(config, shop.Projection{})
//
// # What it does
//
// A value is kept as it was committed, a pointer to the very struct: nothing is encoded, and what
// is read is Shared: it must not be changed. Nothing outlives the process, unless the option
// [Snapshots] is given: then a file has all of it, and the next process begins with that and folds
// what came later. One store may serve several apps, and an app that is opened again on a store of
// the same process finds its views there. Apps of one name must be made from the same package: to
// another one, or another version of it, its rows are brook.ErrUnreadable until a rebuild makes
// them anew.
//
// An app that starts with an empty store folds the log from its start, one that starts with a
// snapshot from where that stands, and silently what was acted on before (brook.Marker): it emits
// nothing again and runs no effect again. Dead letters are not kept beyond the process, or the last
// snapshot, either. So if a handler failed, and succeeds when the log is folded
// again, its changes are there, but its emissions are never published. If emissions must not be
// lost so, keep the views in a durable store, or redrive letters before the process ends.
//
// # Concurrency
//
// Reads take no lock and never wait, not even while a commit runs. A snapshot and a scan pin
// an instant with one atomic addition; no row is copied for them. Commits queue up behind one
// another, and one commit across any number of tables becomes visible at one instant. A scan
// of Latest sees the instant at which it began. Commit checks its context before it begins,
// and scans check theirs.
//
// A snapshot in a file is written by a goroutine of its own, which reads one instant as a scan
// does: neither commits nor reads wait for it, and what is superseded meanwhile stays in memory
// until it is written. A store that began with one decodes a row when it is read first, and keeps
// its bytes until it is written.
//
// # Memory
//
// A row costs about 155 bytes beside its value: 112 for the row with a key of up to 24 bytes
// (as much more as a longer key is), 10 to 20 for the hash index and 18 to 35 for the order. A
// superseded value is freed by the commit that superseded it, unless an open snapshot or scan can
// still see it. Then it is freed when that one is closed, or by the commits that follow. A row
// that changes keeps exactly what the open ones can see, so a snapshot held for long costs one old
// version of each row changed since, however often it was changed. A snapshot that is never closed
// keeps them forever, and so does an iterator pulled (iter.Pull) and never stopped.
//
// History entries are kept as they were committed, one pointer each. A trimmed entry stays in
// memory until the row's history has grown by a quarter (four entries at least). Removed rows are
// freed; the index does not shrink, but its room is used again. [Store.Drop] frees everything.
package mapstore
