package brook

import (
	"errors"
	"strings"

	"github.com/brookgen/brookgen/runtime/pack"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Mask returns a payload of the event, of any version, as it may be shown to people: what the event
// declares to be pii is [wire.Masked]. It is payload itself if nothing is pii, else a copy. All of
// it is masked if it is not JSON.
func (d *EventDef) Mask(payload []byte) []byte { return mask(d.PII, payload) }

// Mask returns a row, as JSON by wire names, as it may be shown to people: what the collection
// declares to be pii is [wire.Masked]. It is row itself if nothing is pii, else a copy. All of it
// is masked if it is not JSON.
func (c *Collection) Mask(row []byte) []byte { return mask(c.PII, row) }

func mask(paths []string, data []byte) []byte {
	if paths == nil {
		return data
	}
	return wire.NewMask(paths).Append(nil, data)
}

// MaskError returns err, the error of reading the bytes of a row, as it may be shown to people: if
// the collection declares values to be pii, it is the path of the field alone.
func (c *Collection) MaskError(err error) error {
	if c.PII == nil || err == nil {
		return err
	}
	if at := (*pack.TranscodeError)(nil); errors.As(err, &at) {
		fields, _, _ := strings.Cut(at.Path, "[") // what is in brackets may be the key of a map
		return &pack.TranscodeError{Path: fields, Err: errMaskedRow}
	}
	return errMaskedRow
}

var errMaskedRow = errors.New("it does not fit (what it holds is not shown, as rows have pii)")

// maskUpgrade returns err, the error of [Shape].Upgrade, with what MaskError returns of its cause.
func (c *Collection) maskUpgrade(err error) error {
	at := (*pack.TranscodeError)(nil)
	if c.PII == nil || !errors.As(err, &at) {
		return err
	}
	text := strings.ReplaceAll(err.Error(), at.Error(), c.MaskError(at).Error())
	return &maskedError{text, err}
}

// maskedError is an error with another text.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }

func (e *maskedError) Unwrap() error { return e.err }

// safe returns err, the error of decoding a payload, without what is pii.
func (d *EventDef) safe(payload []byte, err error) error {
	if err == nil || d.PII == nil {
		return err
	}
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		return wire.NewMask(d.PII).Error(payload, e)
	}
	return err
}
