package kafkadriver

// An exchange is a fetch on its way through sarama. The poller sets the request before it calls
// sarama, and has the response afterwards.
type exchange struct {
	request  *fetchRequest // nil: it was sent, or there is none
	expected int           // how large a response to it may be, unless one batch is larger
	response fetchResponse
	frame    []byte // of the request before
	spare    []byte // of a response that nobody uses any more
}

// recycle drops the response. If nothing shares its bytes, the next one may take their place.
func (x *exchange) recycle(free bool) {
	if b := x.response.body; free && cap(b) <= largestSpare {
		x.spare = b[:0]
	}
	x.response = fetchResponse{}
}

// largestSpare bounds what is kept of responses between fetches.
const largestSpare = 4 << 20
