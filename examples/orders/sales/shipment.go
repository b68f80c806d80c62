package sales

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// ShipmentSent says that the parcel of an order was sent.
//
//brook:event shipment.sent topic=shipments
type ShipmentSent struct {
	Order   string `json:"order" brook:"key"`
	Carrier string `json:"carrier"`
}

// ShipmentDelivered says that the parcel has arrived.
//
//brook:event shipment.delivered topic=shipments
type ShipmentDelivered struct {
	Order string `json:"order" brook:"key"`
}

// Shipment is one row of the shipments view.
//
//brook:collection shipments
type Shipment struct {
	Order     string    `json:"order" brook:"key"`
	Carrier   string    `json:"carrier"`
	Sent      time.Time `json:"sent"`
	Delivered time.Time `json:"delivered,omitzero"`
}

// ShipmentSent waits for the payment, which waits for the order: the shipment may be the first that
// is known of it.
//
//brook:handle
func (Desk) ShipmentSent(
	e brook.Event[ShipmentSent], orders brook.View[string, Order],
	payments brook.View[string, Payment],
) (
	shipment brook.Change[string, Shipment], order brook.Change[string, Order],
	mail brook.Request[SendMail], err error,
) {
	if _, err := payments.Get(e.Data.Order); err != nil {
		return shipment, order, mail, brook.Early(err)
	}
	o, err := orders.Get(e.Data.Order)
	shipment = brook.Create(e.Data.Order,
		Shipment{Order: e.Data.Order, Carrier: e.Data.Carrier, Sent: e.Time})
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Status = Sent })
	return shipment, order, write(o, "Your parcel is on its way"), err
}

//brook:handle
func (Desk) ShipmentDelivered(
	e brook.Event[ShipmentDelivered], shipments brook.View[string, Shipment],
) (brook.Change[string, Shipment], brook.Change[string, Order], error) {
	_, err := shipments.Get(e.Data.Order)
	at := e.Time
	return brook.Merge(e.Data.Order, func(s *Shipment) { s.Delivered = at }),
		brook.Merge(e.Data.Order, func(o *Order) { o.Status = Delivered }), brook.Early(err)
}
