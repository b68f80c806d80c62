package jobs

import (
	"context"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// Worker is what does the jobs of one type. Generated code names it engine.Worker.
type Worker struct {
	Name string // Type.Method
	Job  *brook.EventDef
	// Emits are the types of what it publishes.
	Emits []string
	// Run decodes the job, calls the worker and adds what that publishes.
	Run func(context.Context, *Work) error
}

// Type returns the type that has the method.
func (w *Worker) Type() string {
	name, _, _ := strings.Cut(w.Name, ".")
	return name
}

// Work is one try of a job. Generated code names it engine.Work. One goroutine uses it.
type Work struct {
	Job     *Job
	Answers []brook.Outbound // what is published once the job is done
	Err     error            // the first answer that can't be encoded
}
