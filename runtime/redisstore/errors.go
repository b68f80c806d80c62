package redisstore

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Errors of a store. All wrap brook.ErrPermanent: they end Run of an app.
var (
	// ErrServer is returned by New when the server can't keep views: it is too old, may evict, is a
	// replica, or the client reads from replicas. The error says what to change.
	ErrServer error = permanent("redisstore: the server can't keep views")
	// ErrLayout is returned when a newer version wrote the view, or something other than this
	// package uses its keys.
	ErrLayout error = permanent("redisstore: the layout is not known")
	// ErrClosed is returned after the client was closed.
	ErrClosed error = permanent("redisstore: the client is closed")
	// ErrLost is returned when a view that had commits has none any more: the server was restarted
	// empty, or somebody removed its keys.
	ErrLost error = permanent("redisstore: the server lost the view")
	// ErrDamaged is returned when rows are not as this package wrote them.
	ErrDamaged error = permanent("redisstore: the view is damaged")
)

var (
	errForeign  = errors.New("redisstore: the table is none of this store")
	errSnapshot = errors.New("redisstore: the snapshot is closed")
	errViews    = errors.New("redisstore: tables of several apps can't be used at once")
)

// permanent is an error that trying again does not cure: it wraps brook.ErrPermanent.
type permanent string

func (e permanent) Error() string { return string(e) }

func (e permanent) Unwrap() error { return brook.ErrPermanent }
