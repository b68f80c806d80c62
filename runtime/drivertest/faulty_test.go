package drivertest_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func records(n int) []brook.Record {
	all := make([]brook.Record, n)
	for i := range all {
		all[i] = brook.Record{Topic: "t", Value: []byte{byte(i)}}
	}
	return all
}

func end(t *testing.T, d brook.Driver) int64 {
	t.Helper()
	p, err := d.Partitions(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	return p[0].End
}

// How much of a publish is done, and what error it returns.
func TestFaultyPublish(t *testing.T) {
	for kind, want := range map[drivertest.FaultKind]int64{drivertest.Fail: 0,
		drivertest.CrashBefore: 0, drivertest.CrashAfter: 5, drivertest.Half: 2} {
		driver := memdriver.New()
		faulty := drivertest.Faulty(driver, drivertest.NewFault(kind, 1, drivertest.OpPublish))
		positions, err := faulty.Publish(t.Context(), records(5))
		if err == nil || end(t, driver) != want {
			t.Errorf("kind %d: %d records are published, %v; want %d and an error", kind,
				end(t, driver), err, want)
		}
		var refused *brook.PublishError
		if errors.As(err, &refused) != (kind == drivertest.Half) {
			t.Errorf("kind %d: %v", kind, err)
		}
		for i := range positions {
			if refused == nil {
				break
			}
			if (refused.Errs[i] == nil) != (i < 2) || i < 2 && positions[i].Offset != int64(i) {
				t.Errorf("record %d is at %v, %v", i, positions[i], refused.Errs[i])
			}
		}
		_, err = faulty.Publish(t.Context(), records(1))
		if crashed := kind == drivertest.CrashBefore ||
			kind == drivertest.CrashAfter; errors.Is(err, drivertest.ErrCrashed) != crashed {
			t.Errorf("kind %d: the next publish gives %v", kind, err)
		}
	}
}

// A read that failed loses no record, and a crash ends a read that waits.
func TestFaultyRead(t *testing.T) {
	driver := memdriver.New()
	if _, err := driver.Publish(t.Context(), records(5)); err != nil {
		t.Fatal(err)
	}
	faulty := drivertest.Faulty(driver, drivertest.NewFault(drivertest.Fail, 2, drivertest.OpRead))
	r, err := faulty.Open(t.Context(), brook.Position{Topic: "t"})
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	failed := 0
	for max := 2; len(got) < 5; max = 1 {
		c, err := r.Read(t.Context(), max)
		if err != nil {
			failed++
		}
		for _, r := range c.Records {
			got = append(got, r.Value...)
		}
	}
	if failed != 1 || string(got) != "\x00\x01\x02\x03\x04" {
		t.Errorf("%d errors, records %v", failed, got)
	}

	crash := drivertest.NewFault(drivertest.CrashBefore, 1, drivertest.OpPublish)
	faulty = drivertest.Faulty(driver, crash)
	if r, err = faulty.Open(t.Context(), brook.Position{Topic: "t", Offset: 5}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := r.Read(t.Context(), 1)
		ended <- err
	}()
	if _, err := faulty.Publish(t.Context(), records(1)); !errors.Is(err, drivertest.ErrCrashed) {
		t.Errorf("Publish: %v", err)
	}
	if err := <-ended; !errors.Is(err, drivertest.ErrCrashed) {
		t.Errorf("Read: %v", err)
	}
}

type silent struct{ t *testing.T }

func (m silent) Release(context.Context) {
	m.t.Error("a member is told to release after a crash")
}
func (m silent) Assign(partitions []brook.Position) {}

// A crash ends a membership, without a word to the member, and a Grown that waits.
func TestFaultyGroup(t *testing.T) {
	driver := memdriver.New()
	known, err := driver.Partitions(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	crash := drivertest.NewFault(drivertest.CrashBefore, 2, drivertest.OpJoin)
	faulty := drivertest.Faulty(driver, crash)
	ended := make(chan error)
	go func() { ended <- faulty.(brook.Grower).Grown(t.Context(), known) }()
	join := func() {
		ended <- faulty.(brook.Grouper).Join(t.Context(), "g", []string{"t"}, silent{t})
	}
	go join()
	go join()
	for range 3 {
		if err := <-ended; !errors.Is(err, drivertest.ErrCrashed) {
			t.Errorf("%v, want ErrCrashed", err)
		}
	}
}
