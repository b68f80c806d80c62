package main

import (
	"errors"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// openDriver opens the log, and returns what closes it.
func openDriver(brokers string) (brook.Driver, func() error, error) {
	if brokers == "" {
		return memdriver.New(), func() error { return nil }, nil
	}
	topics := kafkadriver.CreateTopics(4, 1) // four partitions, one replica
	driver, err := kafkadriver.Open(strings.Split(brokers, ","), nil, topics)
	if err != nil {
		return nil, nil, err
	}
	return driver, driver.Close, nil
}

// openStore opens where the views are kept, and returns what closes it.
func openStore(o options) (brook.Store, func() error, error) {
	if o.dir == "" {
		return mapstore.New(), func() error { return nil }, nil
	}
	if o.brokers == "" {
		return nil, nil, errors.New("-dir needs -brokers: views on disk would outlive a log in memory")
	}
	store, err := badgerstore.Open(o.dir)
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}
