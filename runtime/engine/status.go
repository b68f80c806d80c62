package engine

import brook "github.com/brookgen/brookgen/runtime"

// Status returns what the app does, how far it is, and what is left to do. It waits for nobody, and
// asks neither store nor driver: what it returns is what the app knows. It is safe for concurrent
// use, at any time from NewApp on, after Close too.
func (a *App) Status() brook.Status { return a.status.Status() }
