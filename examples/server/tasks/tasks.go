// Package tasks is what the server of the example keeps: tasks that people add and get done. The
// files brook_*_gen.go beside this one are what brookgen makes of it.
package tasks

//go:generate go tool brookgen

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// TaskAdded says that there is something to do.
//
//brook:event task.added
type TaskAdded struct {
	ID    string `json:"id" brook:"key"`
	Title string `json:"title" brook:"required"`
	Owner string `json:"owner,omitempty"`
}

// TaskDone says that it is done.
//
//brook:event task.done
type TaskDone struct {
	ID string `json:"id" brook:"key"`
}

// Task is one row of the tasks view.
//
//brook:collection tasks
type Task struct {
	ID    string    `json:"id" brook:"key"`
	Title string    `json:"title"`
	Owner string    `json:"owner,omitempty" brook:"index"`
	Added time.Time `json:"added"`
	Done  time.Time `json:"done,omitzero"`
}

// Board folds what happens to tasks into the view.
type Board struct{}

//brook:handle
func (Board) TaskAdded(e brook.Event[TaskAdded]) brook.Change[string, Task] {
	d := e.Data
	return brook.Create(d.ID, Task{ID: d.ID, Title: d.Title, Owner: d.Owner, Added: e.Time})
}

//brook:handle
func (Board) TaskDone(e brook.Event[TaskDone], tasks brook.View[string, Task]) (
	brook.Change[string, Task], error) {
	_, err := tasks.Get(e.Data.ID) // done before it was there: a dead letter
	at := e.Time
	return brook.Merge(e.Data.ID, func(t *Task) { t.Done = at }), err
}
