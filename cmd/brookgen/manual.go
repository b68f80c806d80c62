package main

const overviewManual = `Brookgen generates the code around event handlers: typed views, publishers, serializers, dispatch.

	brookgen [packages]     the same as brookgen generate

It reads the annotated types and methods of a package and writes brook_*_gen.go files beside them. Usually it is run by
"go generate", from a line in the package:

	//go:generate go tool brookgen

which needs brookgen among the tools of go.mod:

	go get -tool github.com/brookgen/brookgen/cmd/brookgen
`

const generateManual = `Generate brings the generated files of the packages up to date; without packages, those of the package in this folder.
Patterns are those of go build. The name of the command may be left out.

All packages are read and all output is made before the first file is written. With any mistake, in whichever package,
nothing is written at all, and every mistake is told at once. Files that are as they should be are not touched; brook_*_gen.go files
that brookgen wrote and that are not wanted any more are removed; a file of such a name that somebody else wrote is never
overwritten. A package need not compile yet: what handlers' bodies do is not looked at.

What is annotated in a package belongs to the same builds: the output repeats the build constraint of its files, and several are a
mistake. Tests and files of other builds are read for the names that they take.

	-v	name the files that change
`

const checkManual = `Check does what generate does, but writes nothing: where files would change, it prints the difference and fails. It is
meant for continuous integration.
`

const initManual = `Init writes a first package, with an event, a collection and a handler, into the folder (default: shop), and a
program that uses it into cmd/<folder>. It overwrites nothing.

It does not touch go.mod. In a new project, go.mod comes first:

	go mod init example.com/shop
	go get -tool github.com/brookgen/brookgen/cmd/brookgen
	go tool brookgen init
	go generate ./...
	go run ./cmd/shop
`

const graphManual = `Graph draws how events flow through the packages: an event to the handlers that take it, a handler to the collections that
it writes (dotted: reads) and to the events that it emits (thick).

	-format mermaid	for Markdown (default)
	-format dot	for Graphviz
`

const annotationsManual = `Annotations are directive comments, without a blank after the slashes, in the doc comment of one declaration. The name comes first, then
options; a name is any text without blanks, quotes, commas and equals signs.

	//brook:event NAME       above an exported type, or above an alias of another package's event
		key=Field        the field that is the event's key; default: the field tagged brook:"key"
		key=A.B          a field of a struct in it, of an embedded one just key=B
		key=A,B          several fields, in that order
		key=.            the value itself
		topic=NAME       where it is published and read (default: Config.Topic)
		history=N        how many of the newest events of this type a value's history keeps (default 100)
		history=all      all of them
		history=off      none
		publish          sent, and not handled here; it is in no history
		discard          received, and ignored on purpose; app.Publish has no method for it, app.PublishAll takes it
		go=Name          what it is called in generated code (default: the type's name)
	//brook:collection NAME  above an exported type
		key=Field        the field that is the key; default: the field tagged brook:"key"
		key=Type         the key's type, where the value does not carry its key
		history=on|off   whether values keep the events that made them (default on); with off its view has no Events,
		                 MustEvents and EventsOf…, and there is no CEvent
		go=Name          what it is called in generated code (default: NAME in camel case)
	//brook:handle           above an exported method, see "brookgen help handlers"

Field tags:

	brook:"key"       of an event or a collection
	brook:"index"     of a collection: values are found by this field
	brook:"unique"    of a collection: and no two values have the same
	brook:"required"  of an event or what it contains: absent or null is an error
	brook:"key,required"
	                  both, as words of one tag
	json:"…"          names and options on the wire, as encoding/json has them

Key types are strings, integers, bool, [N]byte, types defined over those, and structs of those. Indexed fields are of key types,
pointers to them or slices of them; zero values and nil are not indexed.

As for encoding/json, fields are what is exported: unexported ones are neither sent nor stored, unless their struct has methods that
marshal it. A struct of another module that has any, or one that has no other, needs such methods.

Every event is handled by a method, or marked publish or discard. A package of events alone needs no marks: it gets names and
serializers, and other packages handle or emit its events. The NAME above an alias is the event's type on the wire for this package:
with another than the contract's it neither receives nor sends what others call by the contract's name.

An event that embeds another event by value is one of every CEvent that the other is of, as its method is promoted: give the field a
name where a type switch has to tell them apart.
`

const handlersManual = `A handler is an exported method with a //brook:handle directive. Its parameters say what it reads, its results what it writes:

	func (set Set) Name([ctx context.Context,] e brook.Event[E] {, read}) ({result} [, error])

	read    brook.View[K, V]       a collection of V by K
	        brook.Index[I, K, V]   a collection by its indexed field of type I
	result  brook.Change[K, V]     made by brook.Create, brook.Merge or brook.Delete
	        []brook.Change[K, V]
	        brook.Emission[E]      made by brook.Emit: published after the commit
	        []brook.Emission[E]
	        brook.Effect           a func(context.Context) error that runs after the commit

An Index has Get and First (the first entry by key, or its value alone), All and Values (those of every entry). Which index is
meant is told by I: two indexed fields of one collection that are asked for so need types of their own, as in type Email string.

The receiver's type is a handler set. For one event the sets run in the order of their types' declarations, each a transaction of
its own; NewApp takes one argument for each, in the order of file names and places. Handlers and effects of one set may run
on several goroutines at once, a lane for each partition: what they share in the set needs a lock. Changes are applied in the order of the results. With an error nothing of what the
handler gave is kept, and the event becomes a dead letter.

A handler depends on its event, its views and nothing else: it may run again, and it runs again when views are rebuilt. What
must happen once goes into an emission or an effect.

These types and signatures never name what is generated; bodies and other code may.
`

const outputManual = `The files are brook_<artefact>_gen.go, beside the source. Exported names, for each event E and each collection C:

	App, NewApp      the handlers, running: Views, Publish.E, Process.E, Run, WaitFor, DeadLetters, Redrive, …
	Views            a CView for each collection
	CView            Get, Has, Len, All, Range, Map, Values, Events, Watch, Changes; By<Field> and <Field>Index for
	                 indexed fields; With<Field>… for the first fields of a composite key; EventsOf<E>
	CEvent           one of the events that can write the collection, or an OldEvent
	EType            the event's type on the wire
	AppendEJSON, DecodeEJSON
	                 its serializers; the types of collections have them too

A package of events alone gets EType, AppendEJSON and DecodeEJSON.
`
