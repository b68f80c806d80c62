package brooktest

// Equal fails the test where got is not want, and says in what: see [Diff].
func Equal[T any](t TB, got, want T) {
	t.Helper()
	if diff := Diff(got, want); diff != "" {
		t.Errorf("not as wanted:\n%s", diff)
	}
}

// Diff says where got differs from want, a line for each place; "" if it does not:
//
//	["u1"].Email: got "a@b.d", want "a@b.c"
//	["u2"]: missing, want {"id":"u2","email":"","orders":0}
//
// Values are compared as reflect.DeepEqual does, but for two things: types with a method Equal are
// asked, so that times are equal that are one instant, and got and want themselves may be empty the
// one and nil the other.
func Diff[T any](got, want T) string {
	d := newDiffer(&got, &want)
	return d.String()
}
