package brook

import "fmt"

// use is one use of a view; nil, and that of a view that was not lent, is possible at any time.
type use struct {
	at *place
	in bool // nobody else is
}

// enter keeps everybody else away from the transaction, or gives an error if the handler that the view was lent to has returned.
func (u *use) enter() error {
	if u == nil || u.in || u.at.lent == 0 {
		return nil
	}
	if err := u.at.src.Enter(u.at.lent); err != nil {
		return fmt.Errorf("%w: %s", err, u.at.def.Info().Name)
	}
	u.in = true
	return nil
}

// leave lets others in. It is called before anything of the user's that may use a view, and does nothing for who is not in.
func (u *use) leave() {
	if u != nil && u.in {
		u.in = false
		u.at.src.Leave()
	}
}

// begin begins an iteration. It gives nil where there is nothing to be entered.
func (p *place) begin() (*use, error) {
	if p.lent == 0 {
		return nil, nil
	}
	u := &use{at: p}
	return u, u.enter()
}

// step hands a row of an iteration to f, which leaves before it calls the user, and reports whether it wants more and may have it.
func (u *use) step(f func(*use, Row, error) bool, row Row, err error) bool {
	if !f(u, row, err) || err != nil {
		return false
	}
	if err := u.enter(); err != nil {
		f(u, Row{}, err)
		return false
	}
	return true
}
