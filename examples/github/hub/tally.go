package hub

import (
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// Tally counts what the other sets apply.
type Tally struct{}

// TallySet is the name by which dead letters know Tally.
const TallySet = "Tally"

func applied[E any](e brook.Event[E], action string) brook.Change[KindKey, Kind] {
	return brook.Merge(KindKey{strings.TrimPrefix(e.Type, "github."), action},
		func(k *Kind) { k.Deliveries++ })
}

//brook:handle
func (Tally) CreateHook(e brook.Event[CreateHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) DeleteHook(e brook.Event[DeleteHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) ForkHook(e brook.Event[ForkHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) IssueHook(e brook.Event[IssueHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) CommentHook(e brook.Event[CommentHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) PullHook(e brook.Event[PullHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) PushHook(e brook.Event[PushHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) MilestoneHook(e brook.Event[MilestoneHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) ReleaseHook(e brook.Event[ReleaseHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) RepositoryHook(e brook.Event[RepositoryHook]) brook.Change[KindKey, Kind] {
	return applied(e, e.Data.Action)
}

//brook:handle
func (Tally) LabelHook(e brook.Event[LabelHook]) (kind brook.Change[KindKey, Kind]) {
	if e.Data.applies() {
		kind = applied(e, e.Data.Action)
	}
	return kind
}

//brook:handle
func (Tally) MemberHook(e brook.Event[MemberHook]) (kind brook.Change[KindKey, Kind]) {
	if e.Data.applies() {
		kind = applied(e, e.Data.Action)
	}
	return kind
}

//brook:handle
func (Tally) StarHook(e brook.Event[StarHook]) (kind brook.Change[KindKey, Kind]) {
	if e.Data.applies() {
		kind = applied(e, e.Data.Action)
	}
	return kind
}
