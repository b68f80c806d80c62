package brookhttp

import "github.com/brookgen/brookgen/runtime/inspect"

// total returns how many things a list has in all, of which the instance counts so many. Of a group
// it is not known, -1: other instances count theirs.
func (i *Inspection) total(counted int) int {
	if i.app.Inspect().Structure().Group {
		return -1
	}
	return counted
}

// jobsPage is a page of jobs, with the link to the next one.
type jobsPage struct {
	inspect.Jobs
	Total int `json:"total"`
}

// jobs returns a page of the jobs that are not done.
func (i *Inspection) jobs(q *request) (any, error) {
	page, err := q.page()
	if err != nil {
		return nil, err
	}
	status := i.app.Status()
	p := jobsPage{Total: i.total(status.Jobs)}
	p.Jobs, err = i.app.Inspect().Jobs(q.Context(), page)
	if p.Jobs.Jobs == nil {
		p.Jobs.Jobs = []inspect.Job{}
	}
	return p, err
}

// timersPage is a page of timers.
type timersPage struct {
	inspect.Timers
	Total int `json:"total"`
}

// timers returns a page of the timers that wait.
func (i *Inspection) timers(q *request) (any, error) {
	page, err := q.page()
	if err != nil {
		return nil, err
	}
	status := i.app.Status()
	p := timersPage{Total: i.total(status.Timers)}
	p.Timers, err = i.app.Inspect().Timers(q.Context(), page)
	if p.Timers.Timers == nil {
		p.Timers.Timers = []inspect.Timer{}
	}
	return p, err
}

// parkedPage is a page of events that came too early.
type parkedPage struct {
	inspect.ParkedEvents
	Total int `json:"total"`
}

// parked returns a page of the events that came too early.
func (i *Inspection) parked(q *request) (any, error) {
	page, err := q.page()
	if err != nil {
		return nil, err
	}
	status := i.app.Status()
	p := parkedPage{Total: i.total(status.Parked)}
	p.ParkedEvents, err = i.app.Inspect().Parked(q.Context(), page)
	if p.Events == nil {
		p.Events = []inspect.ParkedEvent{}
	}
	return p, err
}
