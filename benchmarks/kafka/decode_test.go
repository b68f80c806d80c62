package kafka

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
)

// decodePaid is what somebody writes for one event when encoding/json is too slow: members in any
// order, no blanks, no escapes. What it does not know it leaves to encoding/json.
func decodePaid(data []byte, p *accounts.Paid) error {
	if !readPaid(data, p) {
		*p = accounts.Paid{}
		return json.Unmarshal(data, p)
	}
	return nil
}

func readPaid(data []byte, p *accounts.Paid) bool {
	if len(data) < 2 || data[0] != '{' {
		return false
	}
	for data[0] != '}' {
		name, rest, ok := readString(data[1:])
		if !ok || len(rest) == 0 || rest[0] != ':' {
			return false
		}
		data = rest[1:]
		switch string(name) {
		case "account":
			data, ok = text(data, &p.Account)
		case "amount":
			data, ok = integer(data, &p.Amount)
		case "currency":
			data, ok = text(data, &p.Currency)
		case "reference":
			data, ok = text(data, &p.Reference)
		case "reason":
			data, ok = text(data, &p.Reason)
		case "sequence":
			data, ok = integer(data, &p.Sequence)
		case "made":
			data, ok = integer(data, &p.Made)
		default:
			return false
		}
		if !ok || len(data) == 0 || data[0] != ',' && data[0] != '}' {
			return false
		}
	}
	return len(data) == 1
}

// readString reads a string of plain ASCII at the start of data.
func readString(data []byte) (s, rest []byte, ok bool) {
	if len(data) == 0 || data[0] != '"' {
		return nil, nil, false
	}
	end := bytes.IndexByte(data[1:], '"') + 1
	if end == 0 {
		return nil, nil, false
	}
	s = data[1:end]
	for _, c := range s {
		if c < ' ' || c == '\\' || c > '~' {
			return nil, nil, false
		}
	}
	return s, data[end+1:], true
}

func text(data []byte, to *string) (rest []byte, ok bool) {
	s, rest, ok := readString(data)
	*to = string(s)
	return rest, ok
}

// integer reads one of at most 18 digits.
func integer(data []byte, to *int64) (rest []byte, ok bool) {
	negative := len(data) > 0 && data[0] == '-'
	if negative {
		data = data[1:]
	}
	n, i := int64(0), 0
	for i < len(data) && data[i] >= '0' && data[i] <= '9' {
		n = n*10 + int64(data[i]-'0')
		i++
	}
	if i == 0 || i > 18 || i > 1 && data[0] == '0' {
		return nil, false
	}
	if negative {
		n = -n
	}
	*to = n
	return data[i:], true
}

// TestDecodePaid holds the decoder to encoding/json, and to reading itself what the benchmarks
// have.
func TestDecodePaid(t *testing.T) {
	for i := range 1000 {
		want := payment(i, users)
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got accounts.Paid
		if !readPaid(data, &got) || got != want {
			t.Fatalf("%s is read as %+v, want %+v", data, got, want)
		}
	}
	for _, data := range []string{`{}`, `{"account":"a\"b","amount":-7}`,
		`{"amount":9223372036854775807}`, `{"amount":01}`, `{"amount":1.5}`, `{"amount":}`,
		`{"account":"a"`, `{"account"`,
		`{"other":{"a":[1]},"made":5}`, `{"currency":"€"}`, ` {"made":5}`, `{"made":5}x`, `{"made":5,}`, `{,"made":5}`, `{"made":-}`, ``, `{`, `{"account":null}`, "{\"account\":\"\n\"}"} {
		var got, want accounts.Paid
		err, wantErr := decodePaid([]byte(data), &got), json.Unmarshal([]byte(data), &want)
		if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%s is read as %+v, %v; want %+v, %v", data, got, err, want, wantErr)
		}
	}
}
