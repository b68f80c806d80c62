package engine

import "context"

// once does something without insisting on it.
func once(_ context.Context, _ string, do func() error) error { return do() }
