// Package apptest is what whole apps are held to, over whatever store: the tests
// of the stores run it.
package apptest
