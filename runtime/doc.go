// Package brook is the runtime of typed event views: a service consumes a stream of events and
// keeps the slice of state that it needs as local, queryable views.
//
// Programs use it through the code that brookgen generates for their own events, collections
// and handlers.
package brook
