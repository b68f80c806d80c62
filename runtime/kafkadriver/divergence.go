package kafkadriver

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// diverge deals with a log that was cut back: what was fetched last is not in it any more, as the
// broker says, which has the end of the last epoch before (KIP-320). What was read ahead is
// dropped, and fetched again behind what Read returned. If the log does not have that either, the
// reader ends. diverge is called with reading.mu held.
func (r *reader) diverge(log logEnd) {
	keep, stands := 0, r.taken
	if len(r.parts) > 0 && r.parts[0].begun {
		keep, stands = 1, logEnd{r.parts[0].epoch, r.parts[0].next}
	}
	if r.offset == stands.offset && r.last == stands.epoch {
		r.fail(fmt.Errorf("kafkadriver: read %v: the log was cut back: what was read ends in the "+
			"epoch %d, and now the epoch %d ends at %d: %w", r.at(), r.last, log.epoch, log.offset,
			brook.ErrOutOfRange))
		return
	}
	for i := keep; i < len(r.parts); i++ {
		r.size -= r.parts[i].size
		r.parts[i].drop()
	}
	r.parts = r.parts[:keep]
	r.offset, r.last = stands.offset, stands.epoch
}
