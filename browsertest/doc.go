// Package browsertest has the tests that show the inspector of runtime/brookhttp in a real browser,
// over an app that runs. It is a module of its own, so that who uses brook does not get what drives
// a browser. The tests are skipped, and say so, where there is no Chromium:
//
//	cd browsertest && go test ./...                  # BROWSER=/usr/bin/chromium, if it isn't on PATH
//	go test -run Screenshots -screenshots ../docs/figures
//	make gameday                                     # in the root: with servers of its own
package browsertest
