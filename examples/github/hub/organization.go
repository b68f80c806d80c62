package hub

// Organization is an organization that hooks or repositories belong to.
//
//brook:collection organizations history=off
type Organization struct {
	ID          OrgID `brook:"key"`
	Login       Login `brook:"index"`
	Description string
}
