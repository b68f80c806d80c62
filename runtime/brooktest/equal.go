package brooktest

// Equal fails the test if got is not want, and reports the differences: see [Diff].
func Equal[T any](t TB, got, want T) {
	t.Helper()
	if diff := Diff(got, want); diff != "" {
		t.Errorf("not as wanted:\n%s", diff)
	}
}

// Diff returns the differences of got and want, a line for each; "" if there are none:
//
//	["u1"].Email: got "a@b.d", want "a@b.c"
//	["u2"]: missing, want {"id":"u2","email":"","orders":0}
//
// Values are compared as reflect.DeepEqual does, with two exceptions: types with a method Equal are
// asked, so that times are equal that are one instant; and of got and want themselves one may be
// empty and the other nil.
func Diff[T any](got, want T) string {
	d := newDiffer(&got, &want)
	return d.String()
}
