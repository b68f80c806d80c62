package codec

import (
	"errors"
	"time"
)

// OrderPlaced is a small, flat event: size S.
//
//brook:event order_placed publish
type OrderPlaced struct {
	OrderID  string `json:"order_id"`
	UserID   string `json:"user_id"`
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Cents    int64  `json:"cents"`
	Currency string `json:"currency"`
	Express  bool   `json:"express"`
}

// TripEnded has floats, maps, times, nested structs and texts of their own types: size M.
//
//brook:event trip_ended publish
type TripEnded struct {
	TripID   string             `json:"trip_id"`
	Vehicle  Vehicle            `json:"vehicle"`
	Driver   *Driver            `json:"driver"`
	Started  time.Time          `json:"started"`
	Ended    time.Time          `json:"ended"`
	Meters   float64            `json:"meters"`
	From     Location           `json:"from"`
	To       Location           `json:"to"`
	Fares    map[string]float64 `json:"fares"`
	Labels   map[string]string  `json:"labels"`
	Speeds   []float64          `json:"speeds"`
	Payment  Payment            `json:"payment"`
	Comment  string             `json:"comment,omitempty"`
	Rating   *int               `json:"rating"`
	Refunded bool               `json:"refunded"`
}

// Vehicle is part of a trip.
type Vehicle struct {
	Plate string `json:"plate"`
	Seats int    `json:"seats"`
}

// Driver is part of a trip.
type Driver struct {
	ID    int64     `json:"id"`
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
}

// Location is a place on Earth.
type Location struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
}

// Payment is a way to pay, written by its name.
type Payment uint8

var payments = [...]string{"cash", "card", "invoice"}

// MarshalText returns the name.
func (p Payment) MarshalText() ([]byte, error) {
	if int(p) >= len(payments) {
		return nil, errors.New("no such payment")
	}
	return []byte(payments[p]), nil
}

// UnmarshalText takes the name.
func (p *Payment) UnmarshalText(b []byte) error {
	for i, name := range payments {
		if string(b) == name {
			*p = Payment(i)
			return nil
		}
	}
	return errors.New("no such payment")
}

// PageRead is a list of structs with texts of several languages: size L.
//
//brook:event page_read publish
type PageRead struct {
	ReaderID string   `json:"reader_id"`
	Cursor   string   `json:"cursor"`
	Posts    []Post   `json:"posts"`
	Topics   []string `json:"topics"`
}

// Post is part of a page.
type Post struct {
	ID       int64    `json:"id"`
	Author   Author   `json:"author"`
	Text     string   `json:"text"`
	Language string   `json:"lang"`
	Tags     []string `json:"tags"`
	Likes    int      `json:"likes"`
	Replies  int      `json:"replies"`
	Score    float64  `json:"score"`
	Pinned   bool     `json:"pinned"`
}

// Author is part of a post.
type Author struct {
	Handle   string `json:"handle"`
	Name     string `json:"name"`
	Verified bool   `json:"verified"`
}
