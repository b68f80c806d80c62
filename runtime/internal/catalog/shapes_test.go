package catalog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
)

// accounts returns the shape of the accounts of the live generation.
func accounts(r *rig) brook.Shape { return r.Live().Shapes.Of(r.Claim.code.Layout.Collections[0]) }

// putShape records a shape of accounts as another process does.
func putShape(s *fakestore.Store, number uint32, schema string) {
	key := binary.BigEndian.AppendUint32([]byte("accounts\x00"), number)
	s.Put("shop/1/shapes", string(key), schema)
}

// Values of the present shape stay as they are, and earlier ones are brought to it.
func TestUpgradeOfValues(t *testing.T) {
	s := fakestore.New()
	claimed(t, s, version{schema: "{id string}"})
	a := opened(t, s, version{schema: "{id string,n int}"})
	c := accounts(a)
	_, err := c.Number()
	wantErr(t, err, brook.ErrPermanent) // values are not written before the claim
	must(t, a.Claim.Take(t.Context()))
	n, err := c.Number()
	must(t, err)
	want(t, "the number", n, 2)

	was, now := []byte("\x91\xa1x"), []byte("\x92\xa1x\xc0")
	for range 2 { // looked up, and known
		got, err := c.Upgrade(1, was)
		must(t, err)
		want(t, "an earlier value", fmt.Sprintf("%x", got), fmt.Sprintf("%x", now))
	}
	got, err := c.Upgrade(2, now)
	must(t, err)
	want(t, "the bytes are the same", &got[0], &now[0])
	_, err = c.Upgrade(1, []byte("\xc0"))
	wantErr(t, err, brook.ErrUnreadable)

	fresh := accounts(a) // which has not looked up its number yet
	got, err = fresh.Upgrade(2, now)
	must(t, err)
	want(t, "the bytes are the same", &got[0], &now[0])
}

// A shape that is not known is looked up, once: newer code may have recorded it since.
func TestShapesOfOtherProcesses(t *testing.T) {
	s := fakestore.New()
	a := claimed(t, fakestore.Shared(s), version{schema: "{id string}"})
	c := accounts(a)
	_, err := c.Upgrade(2, []byte("\x91\xa1x"))
	if !errors.Is(err, shapes.ErrUnknown) || errors.Is(err, brook.ErrUnreadable) {
		t.Errorf("a shape that nobody recorded: %v", err)
	}
	putShape(s, 2, "{id string,n int}")
	putShape(s, 3, "{id int}")
	putShape(s, 4, "{id stri")
	got, err := c.Upgrade(2, []byte("\x92\xa1x\x07"))
	must(t, err)
	want(t, "a newer value", string(got), "\x91\xa1x")
	for _, number := range []uint64{3, 4} {
		_, err = c.Upgrade(number, []byte("\x91\x07"))
		wantErr(t, err, brook.ErrUnreadable)
	}
	lost := strings.Join(a.Live().Shapes.Lost(), "; ")
	for _, part := range []string{"values of accounts: id: ", "shape 4 of accounts: "} {
		if !strings.Contains(lost, part) {
			t.Errorf("lost: %s, want %s", lost, part)
		}
	}
	if !strings.Contains(a.Structure.Changes(), lost) {
		t.Errorf("changes: %s", a.Structure.Changes())
	}
}

// A shape has the lowest of its numbers, and a new one the next that is free.
func TestNumbersOfShapes(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s), version{})
	putShape(s, 7, "{id string}")
	putShape(s, 9, "{id string}")
	s.Put("shop/1/shapes", "other\x00\x00\x00\x00\x63", "string")
	must(t, a.ReloadShapes(t.Context()))
	n, err := accounts(a).Number()
	must(t, err)
	want(t, "the number", n, 7)
	b := claimed(t, fakestore.Shared(s), version{schema: "{id string,at time}"})
	n, err = accounts(b).Number()
	must(t, err)
	want(t, "a new one", n, 10)
}

// What is no shape is damaged.
func TestDamagedShapes(t *testing.T) {
	for _, key := range []string{"accounts", "accounts\x00", "accounts\x00\x00\x00\x01",
		"accounts\x00\x00\x00\x00\x00\x01"} {
		s := fakestore.New()
		s.Put("shop/1/shapes", key, "{id string}")
		err := newRig(t, s, version{}).Open(t.Context())
		if !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("%q: %v", key, fmt.Sprint(err))
		}
	}
}
