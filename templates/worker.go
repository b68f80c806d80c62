package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// workers are the elements of a definition's Workers, in the order of the jobs.
func (d *dispatcher) workers(given map[*model.Set]string) []jen.Code {
	var all []jen.Code
	for _, j := range d.pkg.Jobs {
		for _, s := range d.pkg.Sets {
			for _, w := range s.Workers {
				if w.Job == j {
					all = append(all, d.worker(s, w, given[s]))
				}
			}
		}
	}
	return all
}

//	{
//		Name: "Mailer.SendMail",
//		Job:  &sendMailJob,
//		Run: func(ctx context.Context, w *engine.Work) error {
//			j, err := engine.JobOf[SendMail](w, &sendMailJob)
//			if err != nil {
//				return err
//			}
//			mailSent, err := mailer.SendMail(ctx, j)
//			if err != nil {
//				return err
//			}
//			engine.Answer(w, &mailSentEvent, mailSent)
//			return nil
//		},
//	},
func (d *dispatcher) worker(s *model.Set, w *model.Worker, receiver string) *jen.Statement {
	def := func() *jen.Statement { return jen.Op("&").Id(d.events[w.Job].def) }
	failed := func() *jen.Statement {
		return jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err()))
	}
	ctx := jen.Qual("context", "Context")
	var args []jen.Code
	if w.Context {
		ctx, args = ctxParam("ctx"), append(args, jen.Id("ctx"))
	} else {
		ctx = jen.Id("_").Add(ctx)
	}
	call := jen.Id(receiver).Dot(w.Name).Call(append(args, jen.Id("j"))...)
	body := []jen.Code{
		jen.List(jen.Id("j"), jen.Err()).Op(":=").Qual(enginePath, "JobOf").
			Index(d.payload(w.Job)).Call(jen.Id("w"), def()),
		failed(),
	}
	if len(w.Results) == 0 {
		body = append(body, jen.Return(call))
	} else {
		scope := newScope(d.top, "app", "config", "ctx", "d", "err", "j", "tx", "w", receiver)
		var names, answers []jen.Code
		for _, r := range w.Results {
			name := resultName(r)
			name = scope.pick(name, name+"Result")
			names = append(names, jen.Id(name))
			value := jen.Id(name)
			if r.Slice {
				value.Op("...")
			}
			answers = append(answers, jen.Qual(enginePath, "Answer").
				Call(jen.Id("w"), jen.Op("&").Id(d.events[r.Event].def), value))
		}
		body = append(body, jen.List(append(names, jen.Err())...).Op(":=").Add(call), failed())
		body = append(body, answers...)
		body = append(body, jen.Return(jen.Nil()))
	}
	fields := []jen.Code{
		line("Name", jen.Lit(s.Name+"."+w.Name)),
		line("Job", def()),
	}
	if emits := emitted(w.Results); len(emits) > 0 {
		fields = append(fields, line("Emits", jen.Index().String().Add(oneLine(emits...))))
	}
	return literal(append(fields,
		line("Run", jen.Func().Params(ctx, jen.Id("w").Op("*").Qual(enginePath, "Work")).Error().
			Block(body...))))
}

// emitted are the types of the events among results, each once.
func emitted(results []model.Result) []jen.Code {
	var codes []jen.Code
	var seen []*model.Event
	for _, r := range results {
		if r.Kind == model.Emission && !slices.Contains(seen, r.Event) {
			seen = append(seen, r.Event)
			codes = append(codes, typeConst(r.Event))
		}
	}
	return codes
}

// requested are the types of the jobs among results, each once.
func requested(results []model.Result) []jen.Code {
	var codes []jen.Code
	var seen []*model.Event
	for _, r := range results {
		if r.Kind == model.Request && !slices.Contains(seen, r.Event) {
			seen = append(seen, r.Event)
			codes = append(codes, jen.Lit(r.Event.Name))
		}
	}
	return codes
}
