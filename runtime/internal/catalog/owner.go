package catalog

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Owner is what the catalog has its app do.
type Owner struct {
	// taken is called if another app of the name folded since this one did: what memory knows is old.
	Taken func(context.Context) error
	// renewed is called if the live generation is another one than memory had, or has other indexes.
	Renewed func(other bool)
	// shown is called if the live generation is shown; other: in the place of another one.
	Shown func(other bool)
	// installed is called, at rest, if the live generation goes by other tables.
	Installed func(*Generation)
	// reload is called, at rest, to read what else memory knows of the store. adopt makes it count.
	Reload func(ctx context.Context, live *Generation) (adopt func(), err error)
	// positions returns how far the live views have come.
	Positions func() map[partition.ID]int64
}
