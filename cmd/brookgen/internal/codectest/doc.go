// Package codectest holds a field of every kind that codecs know, with its generated code, which
// the tests compare with encoding/json.
package codectest
