package brooktest_test

import (
	"errors"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func TestDriverIsADriver(t *testing.T) {
	drivertest.Run(t, func(*testing.T) brook.Driver {
		return brooktest.NewDriver(memdriver.Partitions(3))
	})
}

func record(topic, key string) brook.Record {
	return brook.Record{Topic: topic, Key: []byte(key), Value: []byte(key),
		Headers: []brook.Header{{Key: "h", Value: []byte(key)}}}
}

func topicsAndKeys(records []brook.Record) (all []string) {
	for _, r := range records {
		all = append(all, fmt.Sprintf("%s %s", r.Position(), r.Key))
	}
	return all
}

func TestDriverRemembers(t *testing.T) {
	d := brooktest.NewDriver(memdriver.Topic("a", 1), memdriver.Topic("b", 1))
	batch := []brook.Record{record("a", "1"), record("b", "2"), record("a", "3")}
	if _, err := d.Publish(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	batch[0].Key[0], batch[0].Value[0], batch[0].Headers[0].Value[0] = 'x', 'x', 'x'
	brooktest.Equal(t, topicsAndKeys(d.Records()), []string{"a/0/0 1", "b/0/0 2", "a/0/1 3"})
	brooktest.Equal(t, topicsAndKeys(d.Records("b", "c")), []string{"b/0/0 2"})
	if r := d.Records()[0]; string(r.Value) != "1" || string(r.Headers[0].Value) != "1" {
		t.Errorf("the record shares the caller's bytes: %+v", r)
	}
	if _, err := d.Deliver(t.Context(), record("a", "4")); err != nil {
		t.Fatal(err)
	}
	d.Forget()
	brooktest.Equal(t, d.Records(), nil)
	if got, err := d.Publish(t.Context(), []brook.Record{record("a", "5")}); err != nil ||
		got[0].Offset != 3 {
		t.Errorf("published at %v, %v", got, err)
	}
	if _, err := d.Events(); err == nil {
		t.Error("a record that is no CloudEvent was read")
	}
}

func TestDriverFails(t *testing.T) {
	d := brooktest.NewDriver()
	publish := func(keys ...string) ([]brook.Position, error) {
		var batch []brook.Record
		for _, key := range keys {
			batch = append(batch, record("a", key))
		}
		return d.Publish(t.Context(), batch)
	}
	d.FailNext(2, nil)
	for range 2 {
		if _, err := publish("1"); err == nil || errors.Is(err, brook.ErrPermanent) {
			t.Errorf("told to fail: %v", err)
		}
	}
	d.FailNext(1, brook.ErrPermanent)
	if _, err := publish("2"); err != brook.ErrPermanent {
		t.Errorf("told to fail: %v", err)
	}
	d.Refuse(func(r brook.Record) error {
		if string(r.Key) == "4" {
			return errors.New("no four")
		}
		return nil
	})
	at, err := publish("3", "4", "5")
	var refused *brook.PublishError
	if !errors.As(err, &refused) || refused.Errs[0] != nil || refused.Errs[1] == nil ||
		refused.Errs[2] != nil {
		t.Errorf("refused: %v", err)
	}
	if at[0].Offset != 0 || at[2].Offset != 1 {
		t.Errorf("published at %v", at)
	}
	d.Refuse(nil)
	if _, err := publish("4"); err != nil {
		t.Error(err)
	}
	brooktest.Equal(t, topicsAndKeys(d.Records()), []string{"a/0/0 3", "a/0/1 5", "a/0/2 4"})
}
