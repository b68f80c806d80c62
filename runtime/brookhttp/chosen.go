package brookhttp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// eachLetter calls do with the letters that a filter accepts, the oldest first.
func (i *Inspection) eachLetter(
	ctx context.Context, f inspect.LetterFilter, do func(*inspect.Letter),
) error {
	in, page := i.app.Inspect(), inspect.Page{Limit: inspect.MaxLimit}
	for {
		letters, err := in.Letters(ctx, f, page)
		if err != nil {
			return err
		}
		for n := range letters.Letters {
			do(&letters.Letters[n])
		}
		if letters.Next == "" || letters.Next == page.After {
			return nil
		}
		page.After = letters.Next
	}
}

// chosen are letters that somebody was shown and asked about.
type chosen struct {
	ids  []string
	last time.Time // when the newest of them became one, or failed last
}

// choose returns the letters that a filter accepts and that became letters at a time or before;
// zero: all.
func (i *Inspection) choose(
	ctx context.Context, f inspect.LetterFilter, until time.Time,
) (c chosen, err error) {
	err = i.eachLetter(ctx, f, func(l *inspect.Letter) {
		if !until.IsZero() && l.Time.After(until) {
			return
		}
		c.ids = append(c.ids, l.ID)
		if l.Time.After(c.last) {
			c.last = l.Time
		}
	})
	return c, err
}

// seal returns what names the letters in a form: when the newest one became one, how many there are,
// and a sum of their IDs.
func (c *chosen) seal() string {
	sum := sha256.New()
	for _, id := range c.ids {
		_, _ = fmt.Fprintf(sum, "%d %s", len(id), id) // a hash fails at nothing
	}
	return strings.Join([]string{strconv.FormatInt(c.last.UnixNano(), 10),
		strconv.Itoa(len(c.ids)), hex.EncodeToString(sum.Sum(nil))}, ".")
}

// sealed returns the letters that a form was about, which a filter accepts: those that came since
// are none of them. It is an error if they are others by now.
func (i *Inspection) sealed(
	ctx context.Context, f inspect.LetterFilter, seal string,
) (c chosen, err error) {
	nanos, _, _ := strings.Cut(seal, ".")
	last, err := strconv.ParseInt(nanos, 10, 64)
	if err != nil {
		return c, mistaken("it is not said which dead letters were shown: begin on the page of " +
			"dead letters")
	}
	c, err = i.choose(ctx, f, time.Unix(0, last))
	if err == nil && c.seal() != seal {
		err = problem{http.StatusConflict, "other dead letters are meant now than the page showed, " +
			"as some failed again or are gone: nothing was dropped, look at them again"}
	}
	return c, err
}

// unknown returns those of IDs that are of no letter and no parked event, as far as the store can be
// read: it only says more of what is done all the same.
func (i *Inspection) unknown(ctx context.Context, ids []string) (none []string) {
	if len(ids) == 0 {
		return nil
	}
	there := map[string]bool{}
	err := i.eachLetter(ctx, inspect.LetterFilter{IDs: ids}, func(l *inspect.Letter) {
		there[l.ID] = true
	})
	in := i.app.Inspect()
	for _, id := range ids {
		if err != nil {
			return nil
		}
		if there[id] {
			continue
		}
		there[id] = true // it is named once
		if _, err = in.Letter(ctx, id); errors.Is(err, brook.ErrNotFound) {
			none, err = append(none, id), nil
		}
	}
	return none
}

// unknownText says for people that some of the letters that they chose are none.
func unknownText(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	const most = 5
	text := fmt.Sprintf("%s of those that were chosen are no dead letters, perhaps no longer: %s",
		number(int64(len(ids))), strings.Join(ids[:min(len(ids), most)], ", "))
	if len(ids) > most {
		text += " …"
	}
	return text
}
