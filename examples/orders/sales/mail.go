package sales

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
)

// SendMail is the job to send a mail about an order.
//
//brook:job mail.send
type SendMail struct {
	Order   string `json:"order" brook:"key"`
	To      string `json:"to" brook:"pii"`
	Subject string `json:"subject"`
}

// MailSent says that a mail was sent.
//
//brook:event mail.sent topic=orders
type MailSent struct {
	Order   string `json:"order" brook:"key"`
	Subject string `json:"subject"`
}

// Mailer sends mails. A server that fails is asked again, as Config.Jobs says.
type Mailer struct {
	// Send has a server send a mail. If a server gets one ID twice, that is one mail: a process may
	// end after the server has sent it, and before that is stored.
	Send func(ctx context.Context, id string, mail SendMail) error
}

//brook:work
func (m Mailer) SendMail(ctx context.Context, j brook.Job[SendMail]) (
	brook.Emission[MailSent], error,
) {
	err := m.Send(ctx, j.ID, j.Data)
	return brook.Emit(MailSent{Order: j.Data.Order, Subject: j.Data.Subject}), err
}

//brook:handle
func (Desk) MailSent(e brook.Event[MailSent]) brook.Change[string, Order] {
	return brook.Modify(e.Data.Order, func(o *Order) { o.Mails++ })
}

// write returns what asks for a mail to the customer of an order.
func write(o Order, subject string) brook.Request[SendMail] {
	return brook.Do(SendMail{Order: o.ID, To: o.Email, Subject: subject})
}
