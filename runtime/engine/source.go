package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/reads"
)

// source is what the views of an app read, and knows the app, for tests.
type source struct {
	*reads.Live
	app *App
}

// Source returns what the app's views read. Generated code uses it.
func (a *App) Source() brook.Source { return &source{a.views, a} }

// WithContext returns the same source with reads that end with ctx.
func (s *source) WithContext(ctx context.Context) brook.Source {
	return &source{s.Until(ctx), s.app}
}
