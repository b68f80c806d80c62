// Package inspect is what can be seen of an app, and done to it, by who does not know its Go types:
// an inspector page, a command, a test of a running service. It is plain data with JSON names, and
// [Inspector], which the Inspect method of an app returns.
//
// A row's value, an event's payload and what else comes from outside stands as JSON, for people to
// read: fields that are marked brook:"pii" are masked, and what can't be decoded of a type that has
// such fields is masked as a whole. Texts that are strangers' (errors, IDs, types, authors) may
// hold anything: whoever shows them escapes them.
//
// Keys and indexed values stand as text, see [Inspector]. Lists come in pages, by cursors that
// survive writes: see [Page].
//
// Nothing here holds up what folds the log, but for Redrive and Drop, which are those of the app. A
// page has at most [MaxLimit] elements and, but for the first one, at most [PageBytes] bytes of
// JSON, so that memory does not grow with what is stored.
package inspect
