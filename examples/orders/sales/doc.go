// Package sales keeps what is known of orders, from the order to the parcel that comes back. Its
// events are in topics of their own: others publish orders, payments, shipments, deliveries of stock
// and customers, and nothing says in which order these arrive.
//
//	orders     order.placed  order.cancelled  payment.overdue  mail.sent
//	payments   payment.received  payment.refunded
//	shipments  shipment.sent  shipment.delivered  return.received
//	stock      stock.received  stock.reserved  stock.released
//	customers  customer.known, and records without a value
//	refusals   order.refused
//
// Each noun has a file: its events, its row, and the handlers of its events. The files
// brook_*_gen.go are what brookgen makes of them.
//
// Every handler reads and writes rows of its event's key alone. What concerns another key, such as
// the article that an order is of, is an event of that key. So the partitions are folded side by
// side: "brookgen -v" says so.
package sales

//go:generate go tool brookgen
