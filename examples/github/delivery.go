package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// author names the service in the log, and its topic.
const author = "github"

// delivery is what a line holds.
type delivery struct {
	Event   string          `json:"event"`
	Payload json.RawMessage `json:"payload"`
}

// parse reads a line. What is wrong with the payload itself shows when it is folded, as with one that comes by HTTP.
func parse(text []byte) (d delivery, err error) {
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("no delivery: %w", err)
	}
	switch {
	case d.Event == "":
		return d, errors.New("no delivery: event is missing")
	case len(d.Payload) == 0 || string(d.Payload) == "null":
		return d, errors.New("no delivery: payload is missing")
	}
	return d, nil
}

// record makes a delivery a CloudEvent. Its ID is where it stands, so that a dead letter can be found; in
// production that would be the header X-GitHub-Delivery.
func (d delivery) record(where string, at time.Time) (brook.Record, error) {
	r := brook.Record{Topic: author, Time: at}
	err := brook.CloudEvents{}.Wrap(&brook.Message{ID: where, Type: author + "." + d.Event, Author: author, Time: at, Data: d.Payload}, &r)
	return r, err
}
