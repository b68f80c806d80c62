package engine

import "context"

// untilClosed returns a context that ends with ctx, and Config.ShutdownTimeout after the app closed:
// what is in flight may go on that long.
func (a *App) untilClosed(ctx context.Context) (context.Context, func()) {
	return a.catalog.WhileEnding(ctx)
}
