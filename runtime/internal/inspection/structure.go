package inspection

import (
	"maps"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// Structure returns what the app consists of.
func (x *Inspection) Structure() inspect.Structure {
	s := x.set
	out := inspect.Structure{
		Name: s.Config.Name, Author: s.Config.Author, Group: s.Config.Group, Events: []inspect.Event{},
		Handlers: []inspect.Handler{}, Collections: []inspect.Collection{},
	}
	out.Handlers = x.handlers()
	for _, def := range s.Def.Events {
		out.Events = append(out.Events, x.eventType(def, out.Handlers))
	}
	for i := range s.Def.Workers {
		w := &s.Def.Workers[i]
		out.Workers = append(out.Workers, inspect.Worker{
			Name: w.Name, Job: w.Job.Type, Emits: slices.Clone(w.Emits), PII: w.Job.PII != nil,
		})
	}
	live := s.Catalog.Current.Load()
	for ord, info := range s.Code.Layout.Collections {
		c := inspect.Collection{
			Name: info.Name, Key: string(info.Shape), History: info.History,
			PII: s.Def.Collections[ord].PII != nil,
		}
		for n, index := range info.Indexes {
			c.Indexes = append(c.Indexes, inspect.Index{
				Field: index.Field, Key: string(index.Shape), Unique: index.Unique,
				Ready: !live.Unready[s.Code.Layout.Index[ord][n]],
				PII:   s.Def.Collections[ord].Indexes[n].PII,
			})
		}
		out.Collections = append(out.Collections, c)
	}
	return out
}

// handlers returns all handlers.
func (x *Inspection) handlers() (all []inspect.Handler) {
	s := x.set
	named := func(ords []int) (names []string) {
		for _, ord := range ords {
			names = append(names, s.Code.Layout.Collections[ord].Name)
		}
		return names
	}
	for _, h := range s.Def.Coded() {
		shown := inspect.Handler{
			Set: s.Def.Sets[h.Set], Name: h.Name, Event: h.Event, Writes: named(h.Writes),
			Emits: slices.Clone(h.Emits), Timers: slices.Clone(h.Timers), Acts: h.Acts,
			Code: h.Code, Serial: s.Code.Obstacle(&h), Asserted: h.Partitioned, Jobs: slices.Clone(h.Jobs),
		}
		read := map[string]bool{}
		for _, name := range named(h.Reads) {
			read[name] = true
		}
		for _, index := range h.Indexes {
			read[s.Code.Layout.Collections[index.Collection].Name] = true
		}
		shown.Reads = slices.Sorted(maps.Keys(read))
		all = append(all, shown)
	}
	return all
}

// eventType returns an event type, of which handlers say what becomes of it.
func (x *Inspection) eventType(def *brook.EventDef, handlers []inspect.Handler) inspect.Event {
	code := x.set.Code
	e := inspect.Event{
		Type: def.Type, Was: slices.Clone(def.Was), Topic: code.Topic(def.Topic),
		Key: string(def.Shape), Version: def.Version, History: def.History,
		Discarded: slices.Contains(x.set.Def.Discards, def.Type), Tombstone: def.Tombstone,
		PII: def.PII != nil,
	}
	for _, h := range handlers {
		e.Handled = e.Handled || h.Event == def.Type
		e.Published = e.Published || slices.Contains(h.Emits, def.Type) ||
			slices.Contains(h.Timers, def.Type)
	}
	e.Published = e.Published || !e.Handled && !e.Discarded
	return e
}

// Counts returns what handlers did with events since somebody looked at the app first.
func (x *Inspection) Counts() inspect.Counts {
	out := inspect.Counts{Since: x.set.Flow.Since(), Handlers: []inspect.HandlerCount{}}
	for _, o := range x.set.Flow.Outcomes() {
		out.Handlers = append(out.Handlers, inspect.HandlerCount{Taken: o.Taken, Failed: o.Failed})
	}
	return out
}
