package prooftest

import (
	"encoding/json"

	brook "github.com/brookgen/brookgen/runtime"
)

// Local is proved.
type Local struct{}

//brook:handle
func (Local) Handle(e placed) changed {
	id := e.Data.ID
	return brook.Create(id, Row{})
}

// LocalVar is proved.
type LocalVar struct{}

//brook:handle
func (LocalVar) Handle(e placed) changed {
	var id = e.Data.ID
	return brook.Create(id, Row{})
}

// LocalTyped is proved.
type LocalTyped struct{}

//brook:handle
func (LocalTyped) Handle(e placed) changed {
	var id string = e.Data.ID
	return brook.Create(id, Row{})
}

// LocalLate is open.
type LocalLate struct{}

//brook:handle
func (LocalLate) Handle(e placed) changed {
	var id string
	id = e.Data.ID
	return brook.Create(id, Row{})
}

// LocalAssigned is open.
type LocalAssigned struct{}

//brook:handle
func (LocalAssigned) Handle(e placed) changed {
	id := e.Data.ID
	if e.Data.N > 3 {
		id = e.Data.Org
	}
	return brook.Create(id, Row{})
}

// LocalRedeclared is open.
type LocalRedeclared struct{}

//brook:handle
func (LocalRedeclared) Handle(e placed) changed {
	id := e.Data.ID
	id, n := e.Data.Org, 1
	_ = n
	return brook.Create(id, Row{})
}

// LocalShadowed is open.
type LocalShadowed struct{}

//brook:handle
func (LocalShadowed) Handle(e placed) changed {
	id := e.Data.ID
	_ = id
	{
		id := e.Data.Org
		return brook.Create(id, Row{})
	}
}

// LocalShadowedFine is proved.
type LocalShadowedFine struct{}

//brook:handle
func (LocalShadowedFine) Handle(e placed) changed {
	id := e.Data.Org
	_ = id
	{
		id := e.Data.ID
		return brook.Create(id, Row{})
	}
}

// LocalAppended is open.
type LocalAppended struct{}

//brook:handle
func (LocalAppended) Handle(e placed) changed {
	id := e.Data.ID
	id += "x"
	return brook.Create(id, Row{})
}

// LocalAddress is open.
type LocalAddress struct{}

//brook:handle
func (LocalAddress) Handle(e placed) changed {
	id := e.Data.ID
	overwrite(&id)
	return brook.Create(id, Row{})
}

// LocalInClosure is open.
type LocalInClosure struct{}

//brook:handle
func (LocalInClosure) Handle(e placed) changed {
	id := e.Data.ID
	func() { id = e.Data.Org }()
	return brook.Create(id, Row{})
}

// LocalInMerge is open.
type LocalInMerge struct{}

//brook:handle
func (LocalInMerge) Handle(e placed) []changed {
	id := e.Data.ID
	return []changed{brook.Merge(e.Data.ID, func(*Row) { id = e.Data.Org }), brook.Create(id, Row{})}
}

// LocalInDefer is open.
type LocalInDefer struct{}

//brook:handle
func (LocalInDefer) Handle(e placed) (c changed) {
	id := e.Data.ID
	defer func() { c = brook.Create(id, Row{}) }()
	defer func() { id = e.Data.Org }()
	return c
}

// LocalFromRange is open.
type LocalFromRange struct{}

//brook:handle
func (LocalFromRange) Handle(e placed) (c changed) {
	for _, tag := range e.Data.Tags {
		c = brook.Create(tag, Row{})
	}
	return c
}

// LocalByRange is open.
type LocalByRange struct{}

//brook:handle
func (LocalByRange) Handle(e placed) (c changed) {
	id := e.Data.ID
	for _, id = range e.Data.Tags {
	}
	return brook.Create(id, Row{})
}

// LocalInLoop is proved.
type LocalInLoop struct{}

//brook:handle
func (LocalInLoop) Handle(e placed) (all []changed) {
	for range e.Data.Tags {
		id := e.Data.ID
		all = append(all, brook.Create(id, Row{}))
	}
	return all
}

// LocalLoopVar is open.
type LocalLoopVar struct{}

//brook:handle
func (LocalLoopVar) Handle(e placed) (all []changed) {
	for id, i := e.Data.ID, 0; i < 3; id, i = e.Data.Org, i+1 {
		all = append(all, brook.Create(id, Row{}))
	}
	return all
}

// LocalReceived is open.
type LocalReceived struct{}

//brook:handle
func (LocalReceived) Handle(e placed) changed {
	c := make(chan string, 1)
	c <- e.Data.Org
	id := e.Data.ID
	select {
	case id = <-c:
	}
	return brook.Create(id, Row{})
}

// LocalGoto is open.
type LocalGoto struct{}

//brook:handle
func (LocalGoto) Handle(e placed) (c changed) {
	id := e.Data.ID
	n := 0
again:
	c = brook.Create(id, Row{})
	if n == 0 {
		n, id = 1, e.Data.Org
		goto again
	}
	return c
}

// LocalData is proved.
type LocalData struct{}

//brook:handle
func (LocalData) Handle(e placed) changed {
	d := e.Data
	return brook.Create(d.ID, Row{})
}

// LocalDataChanged is open.
type LocalDataChanged struct{}

//brook:handle
func (LocalDataChanged) Handle(e placed) changed {
	d := e.Data
	d.ID = e.Data.Org
	return brook.Create(d.ID, Row{})
}

// LocalDataTags is proved.
type LocalDataTags struct{}

//brook:handle
func (LocalDataTags) Handle(e placed) changed {
	d := e.Data
	d.Tags = nil
	return brook.Create(d.ID, Row{})
}

// LocalEvent is proved.
type LocalEvent struct{}

//brook:handle
func (LocalEvent) Handle(e placed) changed {
	f := e
	return brook.Create(f.Data.ID, Row{})
}

// LocalPointer is open.
type LocalPointer struct{}

//brook:handle
func (LocalPointer) Handle(e placed) changed {
	d := &e.Data
	d.ID = e.Data.Org
	return brook.Create(e.Data.ID, Row{})
}

// LocalSwitched is open.
type LocalSwitched struct{}

//brook:handle
func (LocalSwitched) Handle(e placed) changed {
	var x any = e.Data.Org
	id := e.Data.ID
	switch id := x.(type) {
	case string:
		return brook.Create(id, Row{})
	}
	return brook.Create(id, Row{})
}

// LocalInterface is open.
type LocalInterface struct{}

//brook:handle
func (LocalInterface) Handle(e placed) changed {
	var x any = e.Data.ID
	x = e.Data.Org
	return brook.Create(x.(string), Row{})
}

// LocalArray is open.
type LocalArray struct{}

//brook:handle
func (LocalArray) Handle(e placed) changed {
	ids := [2]string{e.Data.ID, e.Data.Org}
	return brook.Create(ids[1], Row{})
}

// LocalMap is open.
type LocalMap struct{}

//brook:handle
func (LocalMap) Handle(e placed) changed {
	ids := map[string]string{"id": e.Data.ID}
	return brook.Create(ids["id"], Row{})
}

// EventAssigned is open.
type EventAssigned struct{}

//brook:handle
func (EventAssigned) Handle(e placed) changed {
	e.Data.ID = e.Data.Org
	return brook.Create(e.Data.ID, Row{})
}

// EventReplaced is open.
type EventReplaced struct{}

//brook:handle
func (EventReplaced) Handle(e placed) changed {
	e = placed{Data: Placed{ID: e.Data.Org}}
	return brook.Create(e.Data.ID, Row{})
}

// EventDataReplaced is open.
type EventDataReplaced struct{}

//brook:handle
func (EventDataReplaced) Handle(e placed) changed {
	e.Data = Placed{ID: e.Data.Org}
	return brook.Create(e.Data.ID, Row{})
}

// EventAddress is open.
type EventAddress struct{}

//brook:handle
func (EventAddress) Handle(e placed) changed {
	normalize(&e.Data)
	return brook.Create(e.Data.ID, Row{})
}

// EventFieldAddress is open.
type EventFieldAddress struct{}

//brook:handle
func (EventFieldAddress) Handle(e placed) changed {
	overwrite(&e.Data.ID)
	return brook.Create(e.Data.ID, Row{})
}

// EventOtherAddress is proved.
type EventOtherAddress struct{}

//brook:handle
func (EventOtherAddress) Handle(e placed) changed {
	overwrite(&e.Data.Org)
	return brook.Create(e.Data.ID, Row{})
}

// EventMethod is open.
type EventMethod struct{}

//brook:handle
func (EventMethod) Handle(e placed) changed {
	e.Data.normalize()
	return brook.Create(e.Data.ID, Row{})
}

// EventMethodValue is open.
type EventMethodValue struct{}

//brook:handle
func (EventMethodValue) Handle(e placed) changed {
	f := e.Data.normalize
	f()
	return brook.Create(e.Data.ID, Row{})
}

// EventMethodExpression is open.
type EventMethodExpression struct{}

//brook:handle
func (EventMethodExpression) Handle(e placed) changed {
	(*Placed).normalize(&e.Data)
	return brook.Create(e.Data.ID, Row{})
}

// KeyTakenFirst is proved.
type KeyTakenFirst struct{}

//brook:handle
func (KeyTakenFirst) Handle(e placed) changed {
	id := e.Data.ID
	normalize(&e.Data)
	return brook.Create(id, Row{})
}

// KeyTakenFirstInVar is proved.
type KeyTakenFirstInVar struct{}

//brook:handle
func (KeyTakenFirstInVar) Handle(e placed) changed {
	var id = e.Data.ID
	e.Data.normalize()
	return brook.Create(id, Row{})
}

// KeyTakenSecond is open.
type KeyTakenSecond struct{}

//brook:handle
func (KeyTakenSecond) Handle(e placed) changed {
	normalize(&e.Data)
	id := e.Data.ID
	return brook.Create(id, Row{})
}

// KeyTakenInSameStatement is open.
type KeyTakenInSameStatement struct{}

//brook:handle
func (KeyTakenInSameStatement) Handle(e placed) changed {
	id, n := e.Data.ID, normalized(&e.Data)
	_ = n
	return brook.Create(id, Row{})
}

// KeyTakenBehindClosure is open.
type KeyTakenBehindClosure struct{}

//brook:handle
func (KeyTakenBehindClosure) Handle(e placed) changed {
	change := func() { e.Data.ID = e.Data.Org }
	change()
	id := e.Data.ID
	return brook.Create(id, Row{})
}

// KeyTakenInLoop is open.
type KeyTakenInLoop struct{}

//brook:handle
func (KeyTakenInLoop) Handle(e placed) (all []changed) {
	for range 2 {
		id := e.Data.ID
		normalize(&e.Data)
		all = append(all, brook.Create(id, Row{}))
	}
	return all
}

// KeyTakenWithLabel is open.
type KeyTakenWithLabel struct{}

//brook:handle
func (KeyTakenWithLabel) Handle(e placed) (all []changed) {
	n := 0
again:
	id := e.Data.ID
	all = append(all, brook.Create(id, Row{}))
	normalize(&e.Data)
	if n++; n < 2 {
		goto again
	}
	return all
}

// KeyTakenAndChanged is open.
type KeyTakenAndChanged struct{}

//brook:handle
func (KeyTakenAndChanged) Handle(e placed) changed {
	id := e.Data.ID
	normalize(&e.Data)
	id = e.Data.ID
	return brook.Create(id, Row{})
}

// KeyTakenFromCopy is proved.
type KeyTakenFromCopy struct{}

//brook:handle
func (KeyTakenFromCopy) Handle(e placed) changed {
	d := e.Data
	id := d.ID
	d.normalize()
	return brook.Create(id, Row{})
}

// EventDeferred is proved.
type EventDeferred struct{}

//brook:handle
func (EventDeferred) Handle(e placed) changed {
	defer func() { e.Data.Org = e.Data.ID }()
	return brook.Create(e.Data.ID, Row{})
}

// EventShadowed is open.
type EventShadowed struct{}

//brook:handle
func (EventShadowed) Handle(e placed) changed {
	if e := (placed{Data: Placed{ID: e.Data.Org}}); e.Data.N == 0 {
		return brook.Create(e.Data.ID, Row{})
	}
	return changed{}
}

// EventTagsSet is proved.
type EventTagsSet struct{}

//brook:handle
func (EventTagsSet) Handle(e placed) changed {
	e.Data.Tags = append(e.Data.Tags, e.Data.ID)
	return brook.Create(e.Data.ID, Row{})
}

// EventJSON is open.
type EventJSON struct{}

//brook:handle
func (EventJSON) Handle(e placed) changed {
	_ = json.Unmarshal([]byte(`{"id":"x"}`), &e.Data)
	return brook.Create(e.Data.ID, Row{})
}
