package sales

import brook "github.com/brookgen/brookgen/runtime"

// StockReceived says that some of an article came from its maker.
//
//brook:event stock.received topic=stock
type StockReceived struct {
	Article  string `json:"article" brook:"key"`
	Quantity int    `json:"quantity"`
}

// StockReserved says that an order takes some of an article.
//
//brook:event stock.reserved topic=stock
type StockReserved struct {
	Article  string `json:"article" brook:"key"`
	Order    string `json:"order"`
	Quantity int    `json:"quantity"`
}

// StockReleased says that an order that took some of an article no longer does.
//
//brook:event stock.released topic=stock
type StockReleased struct {
	Article  string `json:"article" brook:"key"`
	Order    string `json:"order"`
	Quantity int    `json:"quantity"`
}

// Article is one row of the stock view.
//
//brook:collection stock history=off
type Article struct {
	ID       string `json:"id" brook:"key"`
	Received int    `json:"received"`
	Reserved int    `json:"reserved"` // more than were received, if more were ordered
}

// Warehouse folds what happens to articles.
type Warehouse struct{}

//brook:handle
func (Warehouse) StockReceived(e brook.Event[StockReceived]) brook.Change[string, Article] {
	n := e.Data.Quantity
	return brook.Merge(e.Data.Article, func(a *Article) { a.Received += n })
}

//brook:handle
func (Warehouse) StockReserved(e brook.Event[StockReserved]) brook.Change[string, Article] {
	n := e.Data.Quantity
	return brook.Merge(e.Data.Article, func(a *Article) { a.Reserved += n })
}

//brook:handle
func (Warehouse) StockReleased(e brook.Event[StockReleased]) brook.Change[string, Article] {
	n := e.Data.Quantity
	return brook.Merge(e.Data.Article, func(a *Article) { a.Reserved -= n })
}

// reserve returns what reserves the articles of an order.
func reserve(o Order) (all []brook.Emission[StockReserved]) {
	for _, l := range o.Lines {
		all = append(all, brook.Emit(StockReserved{
			Article: l.Article, Order: o.ID, Quantity: l.Quantity}))
	}
	return all
}

// release returns what makes the articles of an order free again.
func release(o Order) (all []brook.Emission[StockReleased]) {
	for _, l := range o.Lines {
		all = append(all, brook.Emit(StockReleased{
			Article: l.Article, Order: o.ID, Quantity: l.Quantity}))
	}
	return all
}
