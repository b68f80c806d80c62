package sales

import brook "github.com/brookgen/brookgen/runtime"

// ReturnReceived says that some of an article came back.
//
//brook:event return.received topic=shipments key=Order
type ReturnReceived struct {
	ReturnKey
	Quantity int   `json:"quantity"`
	Cents    int64 `json:"cents"` // that are paid back
}

// ReturnKey is the key of a return: an article of an order, which it begins with. So the returns of
// an order can be read, and are in its partition.
type ReturnKey struct {
	Order   string `json:"order"`
	Article string `json:"article"`
}

// Return is one row of the returns view.
//
//brook:collection returns key=ReturnKey
type Return struct {
	ReturnKey
	Quantity int `json:"quantity"`
}

// ReturnReceived waits until the parcel is known. The article is in stock again, and the money goes
// back.
//
//brook:handle
func (Desk) ReturnReceived(
	e brook.Event[ReturnReceived], shipments brook.View[string, Shipment],
) (
	brook.Change[ReturnKey, Return], brook.Emission[StockReleased],
	brook.Emission[PaymentRefunded], error,
) {
	_, err := shipments.Get(e.Data.Order)
	d := e.Data
	back := brook.Merge(d.ReturnKey, func(r *Return) { r.Quantity += d.Quantity })
	stock := StockReleased{Article: d.Article, Order: d.Order, Quantity: d.Quantity}
	refund := PaymentRefunded{Order: d.Order, Cents: d.Cents}
	return back, brook.Emit(stock), brook.Emit(refund), brook.Early(err)
}
