// Package elixir is an envelope for topics that are shared with services of Brook for Elixir: it
// reads both of the formats that Brook puts on Kafka, and writes one of them.
//
//	{"author":"svc","create_ts":1591619696789,"data":{…},"forwarded":false,
//	 "type":"person:create","__brook_struct__":"Elixir.Brook.Event"}
//
// is what brook_serializer writes, and json_serde the same with __data_type__ in place of
// __brook_struct__. The record's key is the event's type, so that events of one key may be in any
// partition: an app with this envelope folds serially.
//
// # Reading
//
// Elixir's structs and types become plain JSON, at any depth, for the decoders
// that brookgen writes:
//
//	a struct                        an object with its fields, the name of the struct left out
//	DateTime                        a string, RFC 3339, as it is: "2020-06-08T12:34:56.789Z"
//	NaiveDateTime                   the same; it has no zone and is taken as UTC: a Z is appended
//	Date, Time                      a string as it is: "2020-06-08", "12:34:56.789"
//	Decimal                         a string, as Elixir's to_string has it: "1.50". json_serde up
//	                                to 1.0, and brook_serializer, write
//	                                {"coef":150,"exp":-2,"sign":1}
//	atom (of json_serde)            a string; nil, true and false are JSON's in both formats
//	MapSet, tuple                   an array
//	keyword list                    an array of pairs: [["host","a"],["port",1]]
//
// Brook up to 0.4.10 put the payload as a string that holds JSON. That JSON is the payload. Such
// records are recognised by the name of the struct, which comes first in them; in later ones it
// comes last, and a payload that is a string is a string.
//
// To brook_serializer an empty list is a keyword list, {"keyword":true,"list":[]}; it is read as
// []. Numbers and strings are not touched, and the order of keys is kept. Without any of these the
// payload is a part of the record's value, and nothing is copied.
//
// forwarded is read and ignored, and written as false. json_serde is read with its type key
// __data_type__, not with one that was configured.
//
// # Writing
//
// JSON does not show what is a struct in Elixir: [Envelope].Types does, by event type. What is
// not named there is written as it is: objects are maps with strings as keys. What Brook would
// mistake for something else is an error that names the member: one named __brook_struct__ or
// __data_type__, an elixir.Struct of the name of one of Elixir's own types, and to brook_serializer
// an object with a keyword that is true and a list.
//
// The event's ID, and what lets a receiver recognise repeats of emissions, have no place in Brook's
// formats. They travel in the headers brook-id, brook-cause and brook-lane, which Brook ignores. A
// record without them is read, too: its position is its ID.
package elixir
