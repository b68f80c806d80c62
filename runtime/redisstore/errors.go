package redisstore

import "errors"

// Errors of a store.
var (
	// ErrServer is returned by New when the server can't keep views: it is too old, may evict, is a replica, or the client
	// reads from replicas. The error says what to change.
	ErrServer = errors.New("redisstore: the server can't keep views")
	// ErrLayout is returned when a newer version wrote the view, or something else than this package uses its keys.
	ErrLayout = errors.New("redisstore: the layout is not known")
	// ErrDamaged is returned when rows are no more as this package wrote them.
	ErrDamaged = errors.New("redisstore: the view is damaged")
)

var (
	errForeign  = errors.New("redisstore: the table is none of this store")
	errSnapshot = errors.New("redisstore: the snapshot is closed")
	errViews    = errors.New("redisstore: tables of several apps can't be used at once")
)
