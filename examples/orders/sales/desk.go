package sales

import "time"

// Desk folds all that happens to orders. It is closed: brookgen refuses an event that it forgot.
//
//brook:set closed ignore=stock.received,stock.reserved,stock.released
type Desk struct {
	// PayWithin is how long an order waits for its payment.
	PayWithin time.Duration
}
