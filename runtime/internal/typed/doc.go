// Package typed writes definitions by their Go types, and reads and changes rows by them, as
// generated code does for the types of users. Package brooktest uses it, and tests do: for types
// that nothing is generated for. It keeps nothing, and locks nothing.
package typed
