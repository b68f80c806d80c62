// Package brook is the runtime of typed event views: a service consumes a stream of events and
// keeps the slice of state that it needs as local, queryable views.
//
// Programs use it through the code that brookgen generates for their own events, collections and handlers. They name
// [Event], [View], [Index], [Change], [Emission] and [Effect] in handlers' signatures,
//
//	func (Set) Name([ctx context.Context,] e brook.Event[E] {, view or index}) ({change, emission or effect} [, error])
//
// make what these give with [Create], [Merge], [Delete] and [Emit], and run the generated App, which embeds [App], on a
// [Config]. Whoever writes a driver or a store implements [Driver] or [Store] and proves it with package drivertest or
// storetest.
//
// Everything else ([Collection], [EventDef], [Definition], [Tx], [Delivery], [Rows], [Source] and the functions over them) is
// for generated code, or, as [Backstage], [Seed] and [StaticSource], for package brooktest.
package brook
