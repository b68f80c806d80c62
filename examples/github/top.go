package main

import "slices"

// top keeps the best few rows of a view, however large it is; of equal ones the first.
type top[V any] struct {
	less func(a, b *V) bool // a is better
	rows []V
}

func (t *top[V]) add(v V) {
	at := len(t.rows)
	for at > 0 && t.less(&v, &t.rows[at-1]) {
		at--
	}
	if at == few {
		return
	}
	t.rows = slices.Insert(t.rows, at, v)
	t.rows = t.rows[:min(len(t.rows), few)]
}
