package inspection

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Jobs returns a page of the jobs that are not done.
func (x *Inspection) Jobs(
	ctx context.Context, p inspect.Page,
) (all inspect.Jobs, err error) {
	err = x.read(ctx, func(c *call) error {
		all = inspect.Jobs{Jobs: []inspect.Job{}}
		if x.set.Jobs == nil {
			return nil
		}
		at := page{table: x.set.Jobs.Table, list: list{"jobs"}, Page: p}
		all.Next, err = at.each(c, func(row brook.Row) (int, error) {
			j, err := jobs.Decode(row)
			if err != nil {
				return 0, err
			}
			shown := x.job(j)
			all.Jobs = append(all.Jobs, shown)
			return len(j.Stored), nil
		})
		return err
	})
	return all, err
}

// job returns a job for people.
func (x *Inspection) job(j *jobs.Job) inspect.Job {
	typ := x.set.Code.Today(j.Type)
	if x.set.Jobs != nil && x.set.Jobs.Today != nil {
		typ = x.set.Jobs.Today(j.Type)
	}
	out := inspect.Job{
		ID: j.ID, Type: typ, Key: textOf(j.Key), Data: x.payloadOf(typ, j.Data, listed), Set: j.Set,
		Cause: j.Cause, Position: j.Position, Attempts: j.Attempts, Due: j.Due,
	}
	if wire.Writable(j.Time) {
		out.Time = j.Time
	}
	return out
}

// Parked returns a page of the events that came too early.
func (x *Inspection) Parked(
	ctx context.Context, p inspect.Page,
) (all inspect.ParkedEvents, err error) {
	err = x.read(ctx, func(c *call) error {
		all = inspect.ParkedEvents{Events: []inspect.ParkedEvent{}}
		at := page{table: c.gen.Parked, list: list{"parked"}, Page: p}
		all.Next, err = at.each(c, func(row brook.Row) (int, error) {
			e, err := parked.Decode(row)
			if err != nil {
				return 0, err
			}
			all.Events = append(all.Events, inspect.ParkedEvent{
				Letter: x.letter(&e.Letter, row.Key), Missed: x.missing(e.Missed), Since: e.Since,
				Reported: e.Reported, Due: e.Due != nil,
			})
			return len(e.Error) + len(row.Key), nil
		})
		return err
	})
	return all, err
}

// missing returns for people what a handler asked for in vain.
func (x *Inspection) missing(rows []parked.Row) (all []inspect.Missing) {
	for _, r := range rows {
		all = append(all, x.missed(r))
	}
	return all
}

func (x *Inspection) missed(r parked.Row) inspect.Missing {
	for ord, info := range x.set.Code.Layout.Collections {
		if r.Table == plan.RowsTable(info.Name) {
			return inspect.Missing{Collection: info.Name, Key: keyText(info.Shape, r.Key)}
		}
		for n, index := range info.Indexes {
			if r.Table != plan.IndexTable(info.Name, index.Field) {
				continue
			}
			m := inspect.Missing{Collection: info.Name, Index: index.Field}
			if m.Key = masked; !x.set.Def.Collections[ord].Indexes[n].PII {
				m.Key = keyText(index.Shape, r.Key)
			}
			return m
		}
	}
	return inspect.Missing{Collection: r.Table} // of other code
}

// Generations returns the views that the store has.
func (x *Inspection) Generations(ctx context.Context) (all []inspect.Generation, err error) {
	err = x.read(ctx, func(c *call) error {
		state, err := x.set.Catalog.Current.Renew(c.ctx)
		if err != nil {
			return err
		}
		all = []inspect.Generation{{Number: state.Generation, Live: true}}
		if state.Building != 0 {
			all = append(all, inspect.Generation{Number: state.Building, Building: true})
		}
		if kept := state.Retained; kept != nil && kept.Generation != state.Building {
			replaced := state.Replaced[kept.Generation]
			all = append(all, inspect.Generation{
				Number: kept.Generation, Kept: true, Replaced: replaced,
				Until: replaced.Add(x.set.Config.KeepReplaced),
			})
		}
		return nil
	})
	return all, err
}
