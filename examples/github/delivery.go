package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/brookgen/brookgen/examples/github/line"
	brook "github.com/brookgen/brookgen/runtime"
)

// author names the service in the log, and its topic.
const author = "github"

// parse reads a line; with an error it gives what it could read of it. What is wrong with the
// payload itself shows when it is folded, as with one that comes by HTTP.
func parse(text []byte) (line.Line, error) {
	l, err := line.DecodeLineJSON(text)
	switch {
	case err != nil:
		return l, fmt.Errorf("no delivery: %w", err)
	case l.Event == "":
		return l, errors.New("no delivery: event is empty")
	}
	return l, nil
}

// record makes a delivery a CloudEvent. Its ID is where it stands, so that a dead letter can be
// found; in production that would be the header X-GitHub-Delivery.
func record(l line.Line, where string, at time.Time) (brook.Record, error) {
	r := brook.Record{Topic: author, Time: at}
	err := brook.CloudEvents{}.Wrap(&brook.Message{ID: where, Type: author + "." +
		l.Event, Author: author, Time: at, Data: l.Payload}, &r)
	return r, err
}
