// Package nexmark measures queries of Nexmark, the benchmark of stream processors, as handlers.
//
// Each of the packages q0 to q20 beside it says in its comment what the query is in SQL, and what
// of it is kept here.
package nexmark
