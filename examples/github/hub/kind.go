package hub

// KindKey is a kind of delivery with its action, "" for kinds that know none.
type KindKey struct {
	Event  string
	Action string
}

// Kind says how many deliveries of a kind and action were applied.
//
//brook:collection kinds key=KindKey history=off
type Kind struct {
	Deliveries int
}
