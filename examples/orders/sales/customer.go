package sales

import brook "github.com/brookgen/brookgen/runtime"

// CustomerKnown has what is known of a customer. Its topic is compacted: it keeps the newest of each
// customer, until a record without a value says that the customer wants to be forgotten.
//
//brook:event customer.known topic=customers
type CustomerKnown struct {
	Customer string `json:"customer" brook:"key"`
	Name     string `json:"name"`
}

// Customer is one row of the customers view, which has who is in the topic.
//
//brook:collection customers history=off
type Customer struct {
	ID   string `json:"id" brook:"key"`
	Name string `json:"name"`
}

//brook:handle
func (Desk) CustomerKnown(e brook.Event[CustomerKnown]) brook.Change[string, Customer] {
	return brook.Create(e.Data.Customer, Customer{ID: e.Data.Customer, Name: e.Data.Name})
}

//brook:handle
func (Desk) CustomerForgotten(e brook.Tombstone[string, CustomerKnown]) brook.Change[string, Customer] {
	return brook.Delete[Customer](e.Key)
}
