package people

import brook "github.com/brookgen/brookgen/runtime"

// Hired is on a topic whose name comes after that of what it emits.
//
//brook:event person.hired topic=zzz
type Hired struct {
	ID int64 `json:"id" brook:"key"`
}

// Paid is what Hired emits.
//
//brook:event person.paid topic=aaa history=off
type Paid struct {
	ID int64 `json:"id" brook:"key"`
}

// Payroll says who is paid.
//
//brook:collection payroll
type Payroll struct {
	ID   int64 `brook:"key"`
	Paid bool
}

// Hired puts a person on the payroll.
//
//brook:handle
func (Registry) Hired(e brook.Event[Hired]) (brook.Change[int64, Payroll], brook.Emission[Paid]) {
	return brook.Create(e.Data.ID, Payroll{ID: e.Data.ID}), brook.Emit(Paid{e.Data.ID})
}

// Paid needs the person to be there.
//
//brook:handle
func (Registry) Paid(e brook.Event[Paid],
	payroll brook.View[int64, Payroll]) (brook.Change[int64, Payroll], error) {
	_, err := payroll.Get(e.Data.ID)
	return brook.Merge(e.Data.ID, func(p *Payroll) { p.Paid = true }), err
}
