// Package model says what brookgen found in one annotated package: plain data and
// positions. The loader fills it, the templates read it; it knows neither go/types nor jennifer.
package model

import (
	"fmt"
	"slices"
)

// Pos is a place in a source file.
type Pos struct {
	File      string // absolute path
	Line, Col int    // from 1; Col counts bytes
}

// String gives file:line:col.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Package is one package that brookgen generates for.
type Package struct {
	Name string // as in the package clause
	Path string // import path
	Dir  string // where its files are, and where output goes
	// Constraint is the build constraint of all files that hold annotations, which output repeats;
	// "" where it belongs to every build.
	Constraint string

	// Events in declaration order (file name, then position); events adopted from
	// other packages without an alias follow in the order of their first use.
	Events []*Event
	// Jobs are what handlers ask for and workers do, in declaration order. A job has name, type, key
	// and earlier names as an event does, and nothing else of one.
	Jobs        []*Event
	Collections []*Collection // in declaration order
	Sets        []*Set        // in declaration order of the set types

	// Names are what the package's own files declare at package level or import, outside our output:
	// generated code can't declare them.
	Names map[string]Pos
	// Imports are those of Names that are imports only: generated files may import by them.
	Imports map[string]bool
}

// Contract reports whether p holds events alone, and so gets names and codecs but no App.
func (p *Package) Contract() bool {
	return len(p.Sets) == 0 && len(p.Collections) == 0 && !p.adopts()
}

func (p *Package) adopts() bool {
	for _, e := range p.Events {
		if e.Foreign() && (e.Publish || e.Discard) {
			return true
		}
	}
	return false
}

// HandlerSets returns those of the sets that have handlers.
func (p *Package) HandlerSets() []*Set {
	return slices.DeleteFunc(slices.Clone(p.Sets), func(s *Set) bool { return len(s.Handlers) == 0 })
}

// Payloads returns events and jobs: all whose payloads are JSON.
func (p *Package) Payloads() []*Event { return slices.Concat(p.Events, p.Jobs) }

// Event is one event type of the package, its own or adopted.
type Event struct {
	Pos
	Name   string // the type as it stands on the wire: user.registered
	GoName string // E in EType, AppendEJSON, DecodeEJSON: the type's name or go=Name
	Type   *Type  // the payload; for an alias the aliased type

	// CodecPkg is the import path of the package whose AppendEJSON and DecodeEJSON serve
	// this event; "" where this package has them. CodecName is E in that package.
	CodecPkg, CodecName string
	// Alias is set where a directive on an alias of this package adopted a foreign event.
	// EType is then a constant of this package; a foreign event without an alias uses the
	// one of CodecPkg.
	Alias string

	Key     *Key   // nil: an event without key
	Topic   string // "": the app's default topic
	History int    // newest N per key; HistoryAll, HistoryOff
	Timed   bool   // handlers set timers of it
	Publish bool   // sent, not handled here
	Discard bool   // received and on purpose ignored

	Was     []string // earlier names on the wire, which are read as well
	Version int      // of Type; 0: the directive has none, which is as good as 1
	// When is the member by which payloads of Type are known whose producers tell no version; "":
	// there is none.
	When string
	// Earlier are the versions before that of Type, from 1 and without a gap, oldest first.
	Earlier []*Version
}

// Version is an earlier version of an event. It is read, and never written: its upcaster makes the
// type of the next version of it, for the last one of Event.Earlier Event.Type.
type Version struct {
	Pos
	Version int
	Type    *Type  // declared in the package that has the event's codecs; DecodeTJSON reads it
	When    string // see Event.When
	Upcast  string // the name of the method
	Fails   bool   // the method returns an error too
}

// Values of Event.History besides a count.
const (
	HistoryAll = -1
	HistoryOff = 0
)

// Foreign reports whether the payload is declared, and its codecs are generated, in another
// package.
func (e *Event) Foreign() bool { return e.CodecPkg != "" }

// Collection is one collection of the package.
type Collection struct {
	Pos
	Name    string // as it is stored: users
	GoName  string // C in CView and CEvent, and the field of Views: Users
	Type    *Type  // V
	Key     *Key   // K; Key.Fields has one element where the value carries its key, none for key=Type
	History bool
	Indexes []*Index
	// Writers are the events whose handlers can write the collection, in the order of
	// Package.Events: what CEvent is the sum of.
	Writers []*Event
}

// Index is one indexed field of a collection.
type Index struct {
	Pos
	GoName  string     // of the field: Email, in ByEmail and EmailIndex
	Path    []PathStep // from the value to the field
	Type    *Type      // what is asked for: the field's type without its pointer or slice
	Parts   []KeyPart  // of Type
	Unique  bool
	Pointer bool // the field is *Type: nil is not indexed
	Slice   bool // the field is []Type: an entry each
}

// Key says how key bytes are made.
type Key struct {
	// Type is K. For an event with key=A,B (several fields) it is nil: such a key is only ever bytes.
	Type *Type
	// Fields are the fields that carry the key, in order: one for a field, several for key=A,B. One
	// with an empty path is the value itself (key=.). None: the key is not part of the value
	// (key=Type).
	Fields []KeyField
	// Parts are the flattened leaves, in order, of Type: for a composite key type one or more per
	// field of it. For several Fields see their own.
	Parts []KeyPart
}

// Composite reports whether K is a struct, and so has prefixes.
func (k *Key) Composite() bool { return k.Type != nil && k.Type.Kind == Struct }

// KeyField is a field that carries (part of) a key.
type KeyField struct {
	Path  []PathStep
	Type  *Type
	Parts []KeyPart // of Type
}

// KeyPart is one leaf of a key: a string, an integer, a bool or an [N]byte.
type KeyPart struct {
	Path []PathStep // from K to the leaf; empty where K is the leaf
	Type *Type      // perhaps a defined type
}

// PathStep is one selector of a field path.
type PathStep struct {
	Name     string
	Type     *Type // of the field
	Embedded bool
	// Pointer: the field is a pointer, which may be nil and is followed to get any further.
	Pointer bool
}

// Set is one type with annotated methods, an argument of NewApp: a handler set, if it has handlers.
type Set struct {
	Pos
	Name     string // of the receiver type
	Pointer  bool   // NewApp takes *Name
	Handlers []*Handler
	Workers  []*Worker
}

// Worker is a method that does jobs of one type.
type Worker struct {
	Pos
	Name    string
	Context bool // takes a context first
	Job     *Event
	Results []Result // emissions; an error follows
}

// Handler is one annotated method.
type Handler struct {
	Pos
	Name    string
	Context bool // takes a context first
	Event   *Event
	Reads   []Read
	Results []Result // without the error
	Error   bool     // returns an error last

	// Partitioned asserts that the handler touches nothing but rows whose key begins with the event's.
	Partitioned bool
	// Tombstone is the key that the handler takes a brook.Tombstone of; nil: it takes a brook.Event.
	Tombstone *Key
	// Obstacle says why the signature alone keeps the package to one lane, "" where it does not.
	Obstacle string
	// Doubts are what in the body is not proved to stay within the event's key, in the order of the
	// source; none: it is proved.
	Doubts []Doubt
	// Code is a short hash of the handler's code: of its tokens, and of those of all in the tree that
	// it names, directly or not.
	Code string
	// Covers are the declarations that the hash covers besides the handler, by name, and then the
	// modules outside of the tree, with their versions.
	Covers []string

	// Capture is what its Merge functions capture of the event at a cost, nil if nothing.
	Capture *Capture
}

// Capture is a function for Merge that captures the event, which takes all of it to the heap.
type Capture struct {
	Pos             // of the first call of Merge or Modify
	Func   string   // which of them
	Event  string   // the parameter's name
	Fields []string // of the event, that the functions use
	Bytes  int      // saved by copying these first, for each event
}

// Doubt is an expression that the partition proof fails at.
type Doubt struct {
	Pos
	Text string // the expression, on one line
	Why  string
}

// Read is a view or index parameter.
type Read struct {
	Collection *Collection
	Index      *Index // nil: the whole view
}

// Result is one result of a handler, other than the error.
type Result struct {
	Kind       ResultKind
	Slice      bool
	Collection *Collection // of a Change
	Event      *Event      // of an Emission or Timer; of a Request the job
}

// ResultKind tells what a result is.
type ResultKind uint8

// The kinds of results.
const (
	Change ResultKind = iota
	Emission
	Effect
	Timer
	Request
)
