// Package patients is an app that knows what is nobody's business: it is marked brook:"pii" in
// events, rows, indexes, timers and jobs.
package patients

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Admitted says that somebody came to a ward.
//
//brook:event patient.admitted
type Admitted struct {
	ID   string `json:"id" brook:"key"`
	Name string `json:"name" brook:"pii"`
	Ward string `json:"ward"`
}

// Noted says what was found. It fails if Fails is set.
//
//brook:event patient.noted
type Noted struct {
	ID    string `json:"id" brook:"key"`
	Note  Note   `json:"note"`
	Fails bool   `json:"fails"`
}

// Note is what was found.
type Note struct {
	Text string `json:"text" brook:"pii"`
	Kind string `json:"kind"`
}

// Asked says that somebody asks for the report of a patient, who may be admitted later.
//
//brook:event report.asked topic=reports
type Asked struct {
	ID      string `json:"id" brook:"key"`
	Address string `json:"address" brook:"pii"`
}

// Due says that a patient is to be looked after.
//
//brook:event patient.due
type Due struct {
	ID   string `json:"id" brook:"key"`
	Text string `json:"text" brook:"pii"`
}

// Send is the job to send a report.
//
//brook:job report.send key=ID
type Send struct {
	ID      string `json:"id"`
	Address string `json:"address" brook:"pii"`
}

// Patient is a row of patients.
//
//brook:collection patients
type Patient struct {
	ID    string `json:"id" brook:"key"`
	Name  string `json:"name" brook:"index,pii"`
	Ward  string `json:"ward" brook:"index"`
	Notes []Note `json:"notes"`
	Due   int    `json:"due"`
}

// Clinic keeps patients, and sends their reports.
type Clinic struct {
	// Fails makes notes fail that are to.
	Fails func() bool
	// Send is called for each try of a report.
	Send func(brook.Job[Send]) error
}

// errIllegible is why a note fails.
var errIllegible = errors.New("the note can't be read")

//brook:handle
func (*Clinic) Admitted(e brook.Event[Admitted]) (brook.Change[string, Patient], brook.Timer[Due]) {
	d := e.Data
	return brook.Create(d.ID, Patient{ID: d.ID, Name: d.Name, Ward: d.Ward}),
		brook.At(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), Due{ID: d.ID, Text: d.Name})
}

//brook:handle
func (c *Clinic) Noted(e brook.Event[Noted]) (
	patient brook.Change[string, Patient], due brook.Timer[Due], send brook.Request[Send], err error,
) {
	if e.Data.Fails && c.Fails() {
		return patient, due, send, errIllegible
	}
	note := e.Data.Note
	return brook.Merge(e.Data.ID, func(p *Patient) { p.Notes = append(p.Notes, note) }),
		brook.At(time.Date(3000, 1, 2, 0, 0, 0, 0, time.UTC), Due{ID: e.Data.ID, Text: note.Text}),
		brook.Do(Send{ID: e.Data.ID, Address: note.Text}), nil
}

//brook:handle
func (*Clinic) Asked(e brook.Event[Asked], patients brook.View[string, Patient]) (
	brook.Request[Send], error,
) {
	_, err := patients.Get(e.Data.ID)
	return brook.Do(Send{ID: e.Data.ID, Address: e.Data.Address}), brook.Early(err)
}

//brook:handle
func (*Clinic) Due(e brook.Event[Due]) brook.Change[string, Patient] {
	return brook.Modify(e.Data.ID, func(p *Patient) { p.Due++ })
}

//brook:work
func (c *Clinic) Report(j brook.Job[Send]) error { return c.Send(j) }
