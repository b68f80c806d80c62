package codec

import (
	"time"

	"github.com/go-faster/jx"
)

// What one writes by hand over go-faster/jx: the same fields, in the same order.

func appendJX(dst []byte, write func(*jx.Encoder)) ([]byte, error) {
	e := jx.GetEncoder()
	e.SetBytes(dst)
	write(e)
	b := e.Bytes()
	e.SetBytes(nil)
	jx.PutEncoder(e)
	return b, nil
}

func decodeJX(data []byte, field func(*jx.Decoder, []byte) error) error {
	d := jx.GetDecoder()
	defer jx.PutDecoder(d)
	d.ResetBytes(data)
	return d.ObjBytes(field)
}

func (v *OrderPlaced) writeJX(e *jx.Encoder) {
	e.ObjStart()
	e.FieldStart("order_id")
	e.Str(v.OrderID)
	e.FieldStart("user_id")
	e.Str(v.UserID)
	e.FieldStart("sku")
	e.Str(v.SKU)
	e.FieldStart("quantity")
	e.Int(v.Quantity)
	e.FieldStart("cents")
	e.Int64(v.Cents)
	e.FieldStart("currency")
	e.Str(v.Currency)
	e.FieldStart("express")
	e.Bool(v.Express)
	e.ObjEnd()
}

func (v *OrderPlaced) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "order_id":
		v.OrderID, err = d.Str()
	case "user_id":
		v.UserID, err = d.Str()
	case "sku":
		v.SKU, err = d.Str()
	case "quantity":
		v.Quantity, err = d.Int()
	case "cents":
		v.Cents, err = d.Int64()
	case "currency":
		v.Currency, err = d.Str()
	case "express":
		v.Express, err = d.Bool()
	default:
		err = d.Skip()
	}
	return err
}

func (v *TripEnded) writeJX(e *jx.Encoder) {
	e.ObjStart()
	e.FieldStart("trip_id")
	e.Str(v.TripID)
	e.FieldStart("vehicle")
	e.ObjStart()
	e.FieldStart("plate")
	e.Str(v.Vehicle.Plate)
	e.FieldStart("seats")
	e.Int(v.Vehicle.Seats)
	e.ObjEnd()
	e.FieldStart("driver")
	if v.Driver == nil {
		e.Null()
	} else {
		e.ObjStart()
		e.FieldStart("id")
		e.Int64(v.Driver.ID)
		e.FieldStart("name")
		e.Str(v.Driver.Name)
		e.FieldStart("since")
		timeJX(e, v.Driver.Since)
		e.ObjEnd()
	}
	e.FieldStart("started")
	timeJX(e, v.Started)
	e.FieldStart("ended")
	timeJX(e, v.Ended)
	e.FieldStart("meters")
	e.Float64(v.Meters)
	e.FieldStart("from")
	v.From.writeJX(e)
	e.FieldStart("to")
	v.To.writeJX(e)
	e.FieldStart("fares")
	e.ObjStart()
	for name, fare := range v.Fares {
		e.FieldStart(name)
		e.Float64(fare)
	}
	e.ObjEnd()
	e.FieldStart("labels")
	e.ObjStart()
	for name, label := range v.Labels {
		e.FieldStart(name)
		e.Str(label)
	}
	e.ObjEnd()
	e.FieldStart("speeds")
	e.ArrStart()
	for _, speed := range v.Speeds {
		e.Float64(speed)
	}
	e.ArrEnd()
	e.FieldStart("payment")
	e.Str(payments[v.Payment])
	if v.Comment != "" {
		e.FieldStart("comment")
		e.Str(v.Comment)
	}
	e.FieldStart("rating")
	if v.Rating == nil {
		e.Null()
	} else {
		e.Int(*v.Rating)
	}
	e.FieldStart("refunded")
	e.Bool(v.Refunded)
	e.ObjEnd()
}

func timeJX(e *jx.Encoder, t time.Time) {
	var buf [len(time.RFC3339Nano) + 2]byte
	e.ByteStr(t.AppendFormat(buf[:0], time.RFC3339Nano))
}

func readTimeJX(d *jx.Decoder, t *time.Time) error {
	b, err := d.StrBytes()
	if err != nil {
		return err
	}
	return t.UnmarshalText(b)
}

func (v *Location) writeJX(e *jx.Encoder) {
	e.ObjStart()
	e.FieldStart("lat")
	e.Float64(v.Latitude)
	e.FieldStart("lon")
	e.Float64(v.Longitude)
	e.ObjEnd()
}

func (v *Location) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "lat":
		v.Latitude, err = d.Float64()
	case "lon":
		v.Longitude, err = d.Float64()
	default:
		err = d.Skip()
	}
	return err
}

func (v *Vehicle) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "plate":
		v.Plate, err = d.Str()
	case "seats":
		v.Seats, err = d.Int()
	default:
		err = d.Skip()
	}
	return err
}

func (v *Driver) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "id":
		v.ID, err = d.Int64()
	case "name":
		v.Name, err = d.Str()
	case "since":
		err = readTimeJX(d, &v.Since)
	default:
		err = d.Skip()
	}
	return err
}

func (v *TripEnded) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "trip_id":
		v.TripID, err = d.Str()
	case "vehicle":
		err = d.ObjBytes(v.Vehicle.fieldJX)
	case "driver":
		if d.Next() == jx.Null {
			return d.Null()
		}
		v.Driver = new(Driver)
		err = d.ObjBytes(v.Driver.fieldJX)
	case "started":
		err = readTimeJX(d, &v.Started)
	case "ended":
		err = readTimeJX(d, &v.Ended)
	case "meters":
		v.Meters, err = d.Float64()
	case "from":
		err = d.ObjBytes(v.From.fieldJX)
	case "to":
		err = d.ObjBytes(v.To.fieldJX)
	case "fares":
		v.Fares = map[string]float64{}
		err = d.Obj(func(d *jx.Decoder, name string) (err error) {
			v.Fares[name], err = d.Float64()
			return err
		})
	case "labels":
		v.Labels = map[string]string{}
		err = d.Obj(func(d *jx.Decoder, name string) (err error) {
			v.Labels[name], err = d.Str()
			return err
		})
	case "speeds":
		err = d.Arr(func(d *jx.Decoder) error {
			speed, err := d.Float64()
			v.Speeds = append(v.Speeds, speed)
			return err
		})
	case "payment":
		var b []byte
		if b, err = d.StrBytes(); err == nil {
			err = v.Payment.UnmarshalText(b)
		}
	case "comment":
		v.Comment, err = d.Str()
	case "rating":
		if d.Next() == jx.Null {
			return d.Null()
		}
		v.Rating = new(int)
		*v.Rating, err = d.Int()
	case "refunded":
		v.Refunded, err = d.Bool()
	default:
		err = d.Skip()
	}
	return err
}

func (v *PageRead) writeJX(e *jx.Encoder) {
	e.ObjStart()
	e.FieldStart("reader_id")
	e.Str(v.ReaderID)
	e.FieldStart("cursor")
	e.Str(v.Cursor)
	e.FieldStart("posts")
	e.ArrStart()
	for i := range v.Posts {
		v.Posts[i].writeJX(e)
	}
	e.ArrEnd()
	e.FieldStart("topics")
	stringsJX(e, v.Topics)
	e.ObjEnd()
}

func stringsJX(e *jx.Encoder, all []string) {
	e.ArrStart()
	for _, s := range all {
		e.Str(s)
	}
	e.ArrEnd()
}

func readStringsJX(d *jx.Decoder, all *[]string) error {
	*all = []string{}
	return d.Arr(func(d *jx.Decoder) error {
		s, err := d.Str()
		*all = append(*all, s)
		return err
	})
}

func (v *Post) writeJX(e *jx.Encoder) {
	e.ObjStart()
	e.FieldStart("id")
	e.Int64(v.ID)
	e.FieldStart("author")
	e.ObjStart()
	e.FieldStart("handle")
	e.Str(v.Author.Handle)
	e.FieldStart("name")
	e.Str(v.Author.Name)
	e.FieldStart("verified")
	e.Bool(v.Author.Verified)
	e.ObjEnd()
	e.FieldStart("text")
	e.Str(v.Text)
	e.FieldStart("lang")
	e.Str(v.Language)
	e.FieldStart("tags")
	stringsJX(e, v.Tags)
	e.FieldStart("likes")
	e.Int(v.Likes)
	e.FieldStart("replies")
	e.Int(v.Replies)
	e.FieldStart("score")
	e.Float64(v.Score)
	e.FieldStart("pinned")
	e.Bool(v.Pinned)
	e.ObjEnd()
}

func (v *PageRead) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "reader_id":
		v.ReaderID, err = d.Str()
	case "cursor":
		v.Cursor, err = d.Str()
	case "posts":
		err = d.Arr(func(d *jx.Decoder) error {
			v.Posts = append(v.Posts, Post{})
			return d.ObjBytes(v.Posts[len(v.Posts)-1].fieldJX)
		})
	case "topics":
		err = readStringsJX(d, &v.Topics)
	default:
		err = d.Skip()
	}
	return err
}

func (v *Post) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "id":
		v.ID, err = d.Int64()
	case "author":
		err = d.ObjBytes(v.Author.fieldJX)
	case "text":
		v.Text, err = d.Str()
	case "lang":
		v.Language, err = d.Str()
	case "tags":
		err = readStringsJX(d, &v.Tags)
	case "likes":
		v.Likes, err = d.Int()
	case "replies":
		v.Replies, err = d.Int()
	case "score":
		v.Score, err = d.Float64()
	case "pinned":
		v.Pinned, err = d.Bool()
	default:
		err = d.Skip()
	}
	return err
}

func (v *Author) fieldJX(d *jx.Decoder, name []byte) (err error) {
	switch string(name) {
	case "handle":
		v.Handle, err = d.Str()
	case "name":
		v.Name, err = d.Str()
	case "verified":
		v.Verified, err = d.Bool()
	default:
		err = d.Skip()
	}
	return err
}
