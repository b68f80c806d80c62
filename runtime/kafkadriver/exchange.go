package kafkadriver

// An exchange is a fetch on its way through sarama. The poller sets the request before it calls
// sarama, and has the response afterwards.
type exchange struct {
	request  *fetchRequest // nil: it was sent, or there is none
	expected int           // how large a response to it may be, unless one batch is larger
	response fetchResponse
	frame    []byte // of the request before
	spares   *spares
}

// decoded ends the poller's use of the response's bytes. What shares them holds them.
func (x *exchange) decoded() {
	x.response.memory.release()
	x.response = fetchResponse{}
}
