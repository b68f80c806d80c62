package load

import (
	"go/ast"
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

// addJob adds a job, whose type this package declares.
func (a *analysis) addJob(m *mark, obj types.Object) {
	j := &event{
		Event: &model.Event{
			Pos: a.place(m.spec.Name.Pos()), Name: m.name, GoName: m.spec.Name.Name,
			Type: a.b.of(obj.Type()),
		},
		obj: obj, mark: m, at: at(m.spec.Name),
	}
	m.apply(j.Event)
	j.Version = m.version()
	key, problem := a.eventKey(obj, m.option("key"))
	switch {
	case problem != nil && problem.pos.File != "":
		a.reportAt(problem.pos, problem.field, "%s", problem.message)
	case problem != nil:
		a.report(m.at("key", m.spec.Name), "%s", problem.message)
	case key == nil:
		a.report(at(m.spec.Name), "job %s has no key, by which jobs wait for each other: tag a field brook:\"key\", or write key=Field",
			m.name)
	}
	j.Key = key
	for _, other := range a.out.Jobs {
		if other.Name == j.Name {
			a.report(m.nameSpan(), "job %s is declared twice, here and at %s: give one another name",
				j.Name, a.short(other.Pos))
			break
		}
	}
	a.jobs[obj] = j
	a.out.Jobs = append(a.out.Jobs, j.Event)
}

// jobOf gives the job of payload type t, which a worker does or a handler asks for.
func (a *analysis) jobOf(t types.Type, name, does string, use span) *event {
	what := a.describe(t)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		a.report(use, "%s %s *%s: a job is a value, write %s", name, does,
			a.describe(p.Elem()), a.describe(p.Elem()))
		return nil
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.TypeArgs().Len() > 0 {
		a.report(use, "%s %s %s, which is no job: declare a type for it, with //brook:job NAME above",
			name, does, what)
		return nil
	}
	if j := a.jobs[named.Obj()]; j != nil {
		return j
	}
	if m := a.earlier[named.Obj()]; m != nil && m.verb == verbJob {
		a.report(use, "%s %s %s, which is version %d of %s: there are only jobs of the type of today, write %s",
			name, does, what, m.version(), m.name, a.lineages[m.line()].today.spec.Name.Name)
		return nil
	}
	switch m := a.marked[named.Obj()]; {
	case m == nil && named.Obj().Pkg().Path() != a.src.path:
		a.report(use, "%s %s %s, which is of another package, and jobs are of the package that does them: declare a type for it, with //brook:job NAME above",
			name, does, what)
	case m == nil:
		a.report(use, "%s %s %s, which is no job: put //brook:job NAME above type %s", name, does,
			what, named.Obj().Name())
	case m.verb == verbEvent || m.verb == verbCollection:
		a.report(use, "%s %s %s, which is %s and no job: declare a type for the job, with //brook:job NAME above",
			name, does, what, articled(m.verb))
	}
	return nil // else something about it is reported already
}

const workerForm = "a worker is a method func (w W) Name([ctx,] j brook.Job[J]) ([emissions,] error)"

// addWorker adds a method that does jobs.
func (a *analysis) addWorker(m *mark) {
	fn := m.fn
	obj, ok := a.src.info.Defs[fn.Name].(*types.Func)
	if !ok {
		a.idle = true
		return
	}
	name := methodName(fn)
	if !fn.Name.IsExported() {
		a.report(at(fn.Name), "worker %s has to be exported: %s", name, exported(fn.Name.Name))
	}
	s := a.setOf(fn, obj)
	w := &model.Worker{Pos: a.place(fn.Name.Pos()), Name: fn.Name.Name}
	job := a.workerParams(w, name, fn, obj.Signature())
	a.workerResults(w, name, fn, variables(fn.Type.Results, obj.Signature().Results()))
	if job == nil || s == nil {
		a.idle = true
		return
	}
	if first := a.workers[job.Event]; first != nil {
		a.report(at(fn.Name), "%s does the job %s, and so does %s at %s: a job has one worker; join them",
			name, job.Name, methodName(first), a.short(a.place(first.Name.Pos())))
		return
	}
	a.workers[job.Event] = fn
	w.Job = job.Event
	s.Workers = append(s.Workers, w)
}

// workerParams reads the context and the job, which it returns; nil if there is none.
func (a *analysis) workerParams(
	w *model.Worker, name string, fn *ast.FuncDecl, sig *types.Signature,
) *event {
	params := variables(fn.Type.Params, sig.Params())
	if len(params) > 0 && isContext(params[0].typ) {
		w.Context = true
		params = params[1:]
	}
	if len(params) == 0 {
		a.report(at(fn.Name), "%s takes no job: its first parameter, or the one after a context, is brook.Job[J]; %s",
			name, workerForm)
		return nil
	}
	for _, p := range params[1:] {
		a.report(at(p.expr), "%s takes %s besides its job: %s; give the receiver what it needs",
			name, a.describe(p.typ), workerForm)
	}
	first := params[0]
	switch job := isRuntime(first.typ, "Job"); {
	case a.invalid(first.typ):
		a.unresolved(first.expr, name)
	case sig.Variadic() && len(params) == 1:
		a.report(at(first.expr), "%s: a worker can't be variadic: it does one job", name)
	case !a.whole(name, first):
	case job != nil:
		return a.jobOf(job.TypeArgs().At(0), name, "does", typeArg(first.expr))
	default:
		a.report(at(first.expr), "%s: the first parameter, or the one after a context, is the job, brook.Job[J], not %s%s",
			name, a.describe(first.typ), a.jobHint(first.typ))
	}
	return nil
}

// jobHint says what to write in place of t for a job.
func (a *analysis) jobHint(t types.Type) string {
	if p, ok := types.Unalias(t).(*types.Pointer); ok && isRuntime(p.Elem(), "Job") == nil {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && a.jobs[named.Obj()] != nil {
		return ": write brook.Job[" + a.describe(t) + "]"
	}
	if isRuntime(t, "Event") != nil {
		return ": what takes events is a handler, //brook:handle"
	}
	return hint(t, "Job")
}

// workerResults reads what a worker publishes, and its error.
func (a *analysis) workerResults(
	w *model.Worker, name string, fn *ast.FuncDecl, results []variable,
) {
	last := len(results) - 1
	if last < 0 || !isError(types.Unalias(results[last].typ)) {
		if last >= 0 && a.invalid(results[last].typ) {
			a.unresolved(results[last].expr, name)
			return
		}
		a.report(at(fn.Name), "%s returns no error, by which it says that it has to be tried again: %s",
			name, workerForm)
		last++
	}
	for _, r := range results[:last] {
		if isError(types.Unalias(r.typ)) {
			a.report(at(r.expr), "%s: the error comes last", name)
			continue
		}
		if result, ok := a.sent(name, r); ok {
			w.Results = append(w.Results, result)
		} else if !a.emitsOther(r.typ) {
			a.lost = true // what it emits is not known
		}
	}
}

// sent reads one result of a worker, which is an emission or several.
func (a *analysis) sent(name string, r variable) (model.Result, bool) {
	if a.invalid(r.typ) {
		a.unresolved(r.expr, name)
		return model.Result{}, false
	}
	if !a.whole(name, r) {
		return model.Result{}, false
	}
	t := types.Unalias(r.typ)
	list, slice := t.(*types.Slice)
	if slice {
		t = types.Unalias(list.Elem())
	}
	if isRuntime(t, "Emission") == nil {
		a.report(at(r.expr), "%s returns %s: a worker returns brook.Emission[E] or slices of it, and an error last; handlers of what it publishes change the views",
			name, a.describe(r.typ))
		return model.Result{}, false
	}
	return a.result(name, r)
}

// checkJobs checks that every job has a worker.
func (a *analysis) checkJobs() {
	if a.idle || a.src.handlesInTests {
		return
	}
	for _, m := range a.marks {
		if m.verb != verbJob || m.spec == nil || m.faulty {
			continue
		}
		j := a.jobs[a.src.info.Defs[m.spec.Name]]
		if j == nil || j.mark != m || a.workers[j.Event] != nil {
			continue
		}
		name := m.spec.Name.Name
		a.report(j.at, "nobody does the job %s: write a worker, //brook:work above func (w Worker) %s(ctx context.Context, j brook.Job[%s]) error",
			j.Name, name, name)
	}
}
