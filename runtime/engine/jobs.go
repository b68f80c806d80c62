package engine

import (
	"cmp"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Worker does the jobs of one type. Generated code uses it.
type Worker = jobs.Worker

// Work is one try of a job. Generated code uses it.
type Work = jobs.Work

// Ask has jobs kept with the set's changes. One that can't be encoded makes the set fail. The
// goroutine that delivers the event calls it. It is compiled for each job of each user. Generated
// code uses it.
//
//go:noinline
func Ask[J any](m *delivery.Delivery, def *brook.EventDef, requests ...brook.Request[J]) {
	m.Tx.Returned()
	for i := range requests {
		if data, set := requests[i].Data(); set {
			asked := data // data itself stays off the heap
			ask(m, def, &asked)
		}
	}
}

// ask has a job kept, unless the set failed.
func ask(m *delivery.Delivery, def *brook.EventDef, data any) {
	if m.Tx.Failure() != nil {
		return
	}
	r := delivery.Emission{Set: m.Set}
	brook.Encode(&r.Out, def, data)
	if r.Out.Err == nil && r.Out.Key == nil {
		r.Out.Err = fmt.Errorf("brook: encode %s: it has no key", def.Type)
	}
	if r.Out.Err != nil {
		m.Tx.Fail(r.Out.Err)
		return
	}
	for _, other := range m.Requests {
		if other.Set == m.Set {
			r.Ordinal++
		}
	}
	m.Requests = append(m.Requests, r)
}

// JobOf decodes a job. An error wraps brook.ErrPermanent: no other try decodes it. The goroutine
// that does the job calls it. It is compiled for each job of each user. Generated code uses it.
//
//go:noinline
func JobOf[J any](w *Work, def *brook.EventDef) (brook.Job[J], error) {
	var j brook.Job[J]
	if err := jobOf(w, def, &j.Data); err != nil {
		return j, err
	}
	of := w.Job
	j.ID, j.Key, j.Attempt, j.Time, j.Cause = of.ID, of.Key, of.Attempts+1, of.Time, of.Cause
	j.Position, j.Headers = of.Position, slices.Clone(of.Headers)
	return j, nil
}

// jobOf decodes a job's data.
func jobOf(w *Work, def *brook.EventDef, data any) error {
	if _, err := def.Read(w.Job.Version, w.Job.Data, data); err != nil {
		return fmt.Errorf("brook: decode job %s: %w: %w", def.Type, err, brook.ErrPermanent)
	}
	return nil
}

// Answer has emissions published once the job is done. The goroutine that does the job calls it. It
// is compiled for each event that users' workers emit. Generated code uses it.
//
//go:noinline
func Answer[E any](w *Work, def *brook.EventDef, emissions ...brook.Emission[E]) {
	for i := range emissions {
		if data, set := emissions[i].Data(); set {
			sent := data
			answer(w, def, &sent)
		}
	}
}

func answer(w *Work, def *brook.EventDef, data any) {
	w.Answers = append(w.Answers, brook.Outbound{})
	out := &w.Answers[len(w.Answers)-1]
	if brook.Encode(out, def, data); w.Err == nil {
		w.Err = out.Err
	}
}

// homes returns by whose owner the jobs of a partition are done: those of one that nobody has, as
// the code reads its topic no more or no event of the log asked for them, by that of the first one.
func homes(code *plan.Code) func(partition.ID) partition.ID {
	return func(id partition.ID) partition.ID {
		if !code.Reads(id.Topic) && len(code.Topics) > 0 {
			return partition.ID{Topic: code.Topics[0]}
		}
		return id
	}
}

// jobsOf returns what knows the jobs of a package, nil if it has none.
func jobsOf(def *delivery.Definition) *jobs.Board {
	if len(def.Workers) == 0 {
		return nil
	}
	b := jobs.New()
	today := map[string]string{}
	for i := range def.Workers {
		for _, was := range def.Workers[i].Job.Was {
			today[was] = def.Workers[i].Job.Type
		}
	}
	b.Today = func(typ string) string { return cmp.Or(today[typ], typ) }
	return b
}
