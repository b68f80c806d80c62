package main

const overviewManual = `Brookgen generates the code around event handlers: typed views, publishers, serializers, dispatch.

	brookgen [packages]     the same as brookgen generate

It reads the annotated types and methods of a package and writes brook_*_gen.go files beside them, and a brook.lock. Usually it is run by
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
overwritten. A package need not compile yet: names in bodies that are not declared yet are passed over.

What is annotated in a package belongs to the same builds: the output repeats the build constraint of its files, and several are a
mistake. Tests and files of other builds are read for the names that they take.

What a run read is remembered in the folder brookgen of the user's cache, as hashes of files, so that the next one
returns in milliseconds if nothing changed: no Go file and no brook.lock of the packages and of those in the tree that they import, no
module file, no setting of go, and neither brookgen nor go themselves. That is brookgen's own part: "go tool", which looks
first whether brookgen itself is up to date, and "go generate", which starts it, come on top. Check never relies on what is
remembered. The environment variable BROOKGENCACHE names another folder, or is off.

	-a	do all the work even if nothing changed since the last run
	-v	say of each package whether its partitions are folded side by side or in one lane, and why ("brookgen help
		lanes"), name the handlers whose functions for Merge and Modify take the whole event to the heap, with what a copy would save, and the
		files that change
`

const checkManual = `Check does what generate does, but writes nothing: where files would change, it prints the difference and fails. It is
meant for continuous integration.
`

const lockManual = `Every annotated package has a brook.lock beside its source, under version control: what its events and collections looked
like when code was last generated for them, a line a field. What an event was yesterday is still in the log, and what a row was is
still in the store: so generate compares, before it writes anything, and brings brook.lock up to date with the rest. Check fails where
it is stale. Never edit it; where git can't merge it, take either side and run brookgen.

	event order.placed 1 . struct key=user_id
	event order.placed 1 cents int64
	event order.placed 1 currency string was=cur default=EUR
	event order.placed 1 lines[].sku string required
	event order.placed 1 email string pii

These are kind, name, version, path (. is the value as a whole, [] an element of a list, {} a value of a map), type and what else
matters. A type with a marshaller of its own is opaque:NAME; "@PATH" is the struct at that path, in which it stands. A field that was
removed from an event stays as gone: the log has it still, so the next one of that name has to be able to read it.

Compatible changes of an event are made without a word: a field that is new and not required, removed or moved; a Go name; a number
that becomes a type which holds each of its values (int32 to int64, uint8 to int16, int32 to float64; int counts as int64); T to *T and
back; a rename that was= tells of; a default where there was none. Breaking ones are mistakes: another type of a field, required
where it was not, another default or none any more, another key, that of a new version included, and an event, or a field in whose
place another one has come, that is gone. The ways out:

	take it back
	was=OLD on the event or, as brook:"was=old", on the field: both names are read
	a new version of the event, and an upcaster for the old one
	brookgen lock -accept NAME, if no log holds such events: writes the present NAME into brook.lock

Rows are only warned about, once: they can be made anew from the log. So is a field that was brook:"pii" and is not, or is gone: what
was written before is shown then.

What the lock of the last commit (git HEAD) does not have is never breaking: nobody else can have published it. Without git,
brook.lock as it is on disk is what counts.

Without -accept, lock shows the changes that generate would make to brook.lock, and what is wrong with them. Packages are named by
paths: brookgen lock -accept order.placed ./shop.

	-accept	write the events and collections of these names into brook.lock as they are now; without names, all of them
`

const initManual = `Init writes a first package, with an event, a collection and a handler, into the folder (default: shop), and a
program that uses it into cmd/<folder>. It overwrites nothing.

	-server	write a service as the program: an HTTP API over the views, health for load balancers, metrics for
		Prometheus, an inspector for operators, and options for Kafka and for views on disk

It does not touch go.mod. In a new project, go.mod comes first:

	go mod init example.com/shop
	go get -tool github.com/brookgen/brookgen/cmd/brookgen
	go tool brookgen init
	go generate ./...
	go run ./cmd/shop
`

const upcastManual = `Upcast writes what the type of an event or a job was before it changed, as brook.lock has it, with a stub of its upcaster, into
a file of its own beside the source; it overwrites nothing. Run it when brookgen refuses a change because events of the old form may
stand in the log, or jobs of it wait. The names of fields in Go are made of those on the wire. See "brookgen help versions".
`

const graphManual = `Graph draws how events flow through the packages: an event to the handlers that take it, a handler to the collections that
it writes (dotted: reads) and to the events that it emits (thick) or sets timers of (thick, and "timer" on it). Below a handler stands the expression that keeps its package to
one lane, and at the end, as comments, every one of them and why ("brookgen help lanes").

	-format mermaid	for Markdown (default)
	-format dot	for Graphviz
	-v		say at the end, as comments, of each handler what the hash of its code covers ("brookgen help code")
`

const codeManual = `A view knows by which code its rows were made: brook_code_gen.go has a hash of each handler's code, a line for each, and
the store records it. Where it differs when the app starts, Config.OnCodeChange says what happens: the log names the handlers (Tell, the
default), the views are rebuilt (RebuildStale), or it is told once (GoOn). "brookgen check" fails where the file is stale.

The hash covers the tokens of the handler, and of everything in the modules that are worked on that it names, directly or not, in
whichever package:

	functions and methods    with their bodies
	constants, variables     with what they are declared with, and the init functions that name a variable
	types                    with all their methods: so with the marshallers of payloads, rows and what these consist of
	interfaces               a call of a method counts every method of that name, with as many parameters and results, in all
	                         packages of these modules
	earlier versions         of the handler's event, with their upcasters

A module that is worked on is a main module, those of a workspace, and what is replaced by a folder. Other modules whose packages are
named count by their version, and so do those that these packages import: with a go.work that others don't have, hashes may be others
than theirs, so run brookgen with GOWORK=off then. Neither Go itself, its standard library, nor brook counts.

No difference are comments, directives among them, formatting, the order of declarations, and names: functions, types,
variables, sets and handlers may be renamed, and move to other files, packages and sets. Names of fields and methods count, and tags,
without brook:"index" and brook:"pii". A field that is added to a payload or a row counts, too. Of two statements that change places, the
tokens change.

Not covered are what the fields of a set hold, what is assigned to variables elsewhere, files that are embedded, assembly and C, other
handlers that write rows which the handler reads, and generated code, which stands for types that count themselves.

Every build gives the same hash: of declarations in files with build constraints all variants count, by name.
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
		was=NAME         a name that it had before, or several, A,B: read as well, and never written
		version=N        which version of the event the type is: the highest is that of today
		when=MEMBER      payloads with this member are of this version, if their producer tells none
	//brook:collection NAME  above an exported type
		key=Field        the field that is the key; default: the field tagged brook:"key"
		key=Type         the key's type, where the value does not carry its key
		history=on|off   whether values keep the events that made them (default on); with off its view has no Events
		                 and EventsOf…, and there is no CEvent
		go=Name          what it is called in generated code (default: NAME in camel case)
	//brook:handle           above an exported method, see "brookgen help handlers"
		partitioned      asserts that it touches only rows whose key begins with the event's, see "brookgen help lanes"
	//brook:upcast           above a method of an earlier version's type, see "brookgen help versions"
	//brook:job NAME         above the type of a job, work outside that a handler asks for; it has a key, and options as an event
		key=Field, was=OLD, version=N, go=Name
	//brook:work             above the method that does the jobs of one type, see "brookgen help handlers"
	//brook:set closed       above a handler set's type: an event of the package that the set does not handle is an error
		ignore=A,B       the events that it leaves out on purpose

Field tags:

	brook:"key"       of an event or a collection
	brook:"index"     of a collection: values are found by this field
	brook:"unique"    of a collection: and no two values have the same
	brook:"required"  of an event or what it contains: absent or null is an error
	brook:"was=amount"
	                  of either and what it contains: its name on the wire was amount, which is read where its own is
	                  absent (null is not absent); was=a,was=b for several, of which the first counts
	brook:"default=EUR"
	                  of an event or what it contains: its value where it is absent (null is not absent); for strings,
	                  bools, numbers and pointers to them; it takes the rest of the tag, commas included
	brook:"pii"       of an event, a job, a collection or what they contain: personal data, which is masked where people look,
	                  see below; not on a key
	brook:"key,required"
	                  both, as words of one tag
	json:"…"          names and options on the wire, as encoding/json has them

Key types are strings, integers, bool, [N]byte, types defined over those, and structs of those. Indexed fields are of key types,
pointers to them or slices of them; zero values and nil are not indexed.

As for encoding/json, fields are what is exported: unexported ones are neither sent nor stored, unless their struct has methods that
marshal it. A struct of another module that has any, or one that has no other, needs such methods.

What is brook:"pii" is "***" in all that brook shows of payloads and rows: the pages and the JSON of an inspector, differences
between views, errors of decoding. A struct, slice or map is masked as a whole. Views, handlers, histories, tests and what is
published and stored have it as it is. Keys are shown, so a key can't be pii; a type with a marshaller of its own is masked by a tag
on the field that holds it.

Every event is handled by a method, or marked publish or discard. A package of events alone needs no marks: it gets names and
serializers, and other packages handle or emit its events. The NAME above an alias is the event's type on the wire for this package:
with another than the contract's it neither receives nor sends what others call by the contract's name.

An event that embeds another event by value is one of every CEvent that the other is of, as its method is promoted: give the field a
name where a type switch has to tell them apart.
`

const versionsManual = `Events outlive the code that made them. What an event was before stays readable under its new name and as its new type.

	//brook:event payment.settled was=payment.captured

reads both names and writes the new one. Everywhere, in handlers, histories, dead letters and counts, it is one event, payment.settled.
A name that some event has, as its own or with was=, can't be an earlier one of another.

A payload that a new type can't decode gets a version. The type of today has the highest number; those of before stay, with the
name of today, and only these two options:

	//brook:event order.placed version=2
	type OrderPlaced struct{ … }

	//brook:event order.placed version=1
	type OrderPlacedV1 struct{ … }

	//brook:upcast
	func (o OrderPlacedV1) Upcast() (OrderPlaced, error) { … }

Each earlier version, from 1 on, has one upcaster: an exported method of the value, without parameters, that makes the type of the
next version of it; the error is optional. It is pure, as it may run again. Handlers only ever see the type of today: in events from the
log, in redriven dead letters, in histories. Of an earlier version DecodeTJSON is generated, and nothing else. An event
that an upcaster fails or panics for is a dead letter of stage decode that names it; so is a version above those known.

Events with a version above 1 are published with it, as ce_brookversion or the header brook-version. Events without one are of the
lowest version whose when= member they have; if they have none, of that of today if any version has when=, else of version 1. So

	//brook:event dataset.updated version=1 when=targetDataset

suits a producer that tells no version and has renamed targetDataset to targetDatasets. "brookgen upcast order.placed" writes the type of
before, as brook.lock has it.

Jobs that wait are stored, with their version: //brook:job has version= and upcasters too, and no when=.

version=, when= and upcasters stand where the type is declared, and other packages that take the event have them too; so does was=, unless an
alias has a was= or another name of its own.
`

const handlersManual = `A handler is an exported method with a //brook:handle directive. Its parameters say what it reads, its results what it writes:

	func (set Set) Name([ctx context.Context,] e brook.Event[E] {, read}) ({result} [, error])

	read    brook.View[K, V]       a collection of V by K
	        brook.Index[I, K, V]   a collection by its indexed field of type I
	result  brook.Change[K, V]     made by brook.Create, Insert, Merge, Modify or Delete
	        []brook.Change[K, V]
	        brook.Emission[E]      made by brook.Emit: published after the commit
	        []brook.Emission[E]
	        brook.Timer[E]         made by brook.At and brook.Cancel: published when its time has come
	        []brook.Timer[E]
	        brook.Request[J]       made by brook.Do: a job, done after the commit, at least once
	        []brook.Request[J]
	        brook.Effect           a func(context.Context) error that runs after the commit

Jobs are done by workers, exported methods with a //brook:work directive, one for each type of job:

	func (worker Worker) Name([ctx context.Context,] j brook.Job[J]) ({emission,} error)

whose emissions, brook.Emission[E] and slices of it, are published once the job is done. They return an error last, and are arguments
of NewApp, as sets are.

In place of the event a handler may take brook.Tombstone[K, E]: the null values of E's topic, as compacted topics have them, which that
event has alone. K is the type of its key, for a key of several fields a struct of the same fields in order.

An Index has Get (the first entry by key), All (every entry), Page (some of them) and Range (those of several values). Which index is meant is told by I: two indexed fields of one collection that are asked for so need types of their own, as in type Email string.

The receiver's type is a handler set. For one event the sets run in the order of their types' declarations, each a transaction of
its own; NewApp takes one argument for each, in the order of file names and places. Handlers and effects of one set may run
on several goroutines at once, a lane for each partition: what they share in the set needs a lock. Changes are applied in the order of the results. With an error nothing of what the
handler gave is kept, and the event becomes a dead letter; with brook.Early(err) it is parked instead, and the handler called again
once a row appears that it asked for in vain.

A handler depends on its event, its views and nothing else: it may run again, and it runs again when views are rebuilt. What
must happen once goes into an emission or an effect. Its views end when it returns (brook.ErrHandlerReturned): effects and
goroutines read app.Views, and the functions given to Merge and Modify may go on using what their handler was given.

There is one timer per event type and key: brook.At(t, event) replaces the one before, and brook.Cancel(event), of which only the
key fields count, removes it. Its event has a key, and a handler in the package that sets the timer. Timers are set and cancelled when views
are rebuilt, too; what was published is not published again.

These types and signatures never name what is generated; bodies and other code may.
`

const lanesManual = `Partitions are folded side by side, each in a lane of its own, where it is proved that events of two partitions never meet at a
row: that every key which a handler reads or writes begins with its event's key. Else they are folded in one lane, in the order of the
records' times, so that views come out alike whenever the log is folded anew. "brookgen graph" and "brookgen -v" say which it
is, and name every expression that is in the way; so do the log and the hook Mode of a running app.

A signature rules it out where the event has no key, an index is read, a collection with a unique field is written, one is touched
whose keys can't begin with the event's or that is touched for events with other keys too, or a timer is set of such an event.

In the body, these are proved to begin with the event's key:

	e.Data.ID                          its key field; of a key of several, all of them in order
	e.Key                              of a brook.Tombstone
	string(e.Key)                      where the key is one string and nobody can change e.Key
	LineKey{e.Data.ID, n}              a key that is a struct and begins with it
	OrderID(e.Data.ID)                 a conversion that keeps the bytes: string to string, int to int64, not back
	id := e.Data.ID                    a local that gets its one value where it is declared
	idOf(e.Data), put(e.Data.ID)       functions and methods of the package, which are looked into
	entry.Key                          of a range over lines.Prefix(LineKey{ID: e.Data.ID}, 1), or a Range between two such keys

Not proved are: a key made in any other way; what is changed after its declaration, or whose address is taken (a method with a
pointer receiver takes it, json.Unmarshal(b, &e.Data) too); All, Len and Map of a view; a view that is kept, captured by a function literal or
handed to anything but a function of the package; changes that come from, or go to, a function of another package, a variable of the
package, an interface; functions that call themselves.

	//brook:handle partitioned

asserts what can't be proved. An event that touches another key all the same is undone and runs alone while the other lanes rest;
Hooks.Stray, Commit.Strays and the log tell of it. With Config.Group it becomes a dead letter of stage apply.
`

const outputManual = `The files are brook_<artefact>_gen.go, beside the source. Exported names, for each event E and each collection C:

	App, NewApp      the handlers, running: Views, Publish.E, Process.E, Run, WaitFor, DeadLetters, Redrive, …
	Views            a CView for each collection
	CView            Get, Lookup, Has, Len, All, Range, Prefix, Page, Events, Watch, Changes; By<Field> and <Field>Index for
	                 indexed fields; With<Field>… for the first fields of a composite key; EventsOf<E>
	CEvent           one of the events that can write the collection, or an OldEvent
	EType            the event's type on the wire
	AppendEJSON, DecodeEJSON
	                 its serializers; the types of collections have them too, those of earlier versions DecodeTJSON

A package of events alone gets EType, AppendEJSON and DecodeEJSON.
`
