package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
)

// Backup writes all that the app's store holds to w, as it is at one instant, while the app goes
// on: views, histories, positions, letters, and what is to be published and done. That is all that
// an app needs to go on from there. It is the whole store, with what other apps keep in it. With
// badgerstore, [badgerstore.Restore] makes a store of it, and says what happens again afterwards.
//
// The store must be a [brook.Backuper], else the error wraps errors.ErrUnsupported. An error of w
// ends it, and so do the end of ctx and [App.Close]; what was written until then is no backup. It
// needs no Run and is safe for concurrent use.
//
// [badgerstore.Restore]:
// https://pkg.go.dev/github.com/brookgen/brookgen/runtime/badgerstore#Restore
func (a *App) Backup(ctx context.Context, w io.Writer) error {
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	if err := a.life.Err(); err != nil {
		return err
	}
	store, ok := a.config.Store.(brook.Backuper)
	if !ok {
		return fmt.Errorf("brook: back up %s: a store of type %T has no backups: %w: "+
			"docs/stores.md says what to do instead", a.config.Name, a.config.Store,
			errors.ErrUnsupported)
	}
	if err := store.Backup(ctx, w); err != nil {
		return lifetime.Closing(ctx, fmt.Errorf("brook: back up %s: %w", a.config.Name, err))
	}
	return nil
}

// restorationOf returns the ID of the restoration that a store comes from, "" if it comes from
// none.
func restorationOf(store brook.Store) string {
	if r, ok := store.(brook.Restored); ok {
		return r.Restoration()
	}
	return ""
}
