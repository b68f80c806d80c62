package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// check finds files that can't be read before any work is done.
func check(files []string) error {
	var errs []error
	for _, name := range files {
		if name == "-" {
			continue
		}
		info, err := os.Stat(name)
		switch {
		case err != nil:
			errs = append(errs, err)
		case info.IsDir():
			errs = append(errs, fmt.Errorf("%s is a directory", name))
		}
	}
	return errors.Join(errs...)
}

// input is a line of a file.
type input struct {
	file   string
	number int
	text   []byte // without the blanks around it; only valid until the next line
}

// where names the line as compilers do.
func (l input) where() string { return fmt.Sprintf("%s:%d", l.file, l.number) }

// lines gives all lines of all files that are not blank. Lines may be as long as memory allows.
func lines(files []string, stdin io.Reader) iter.Seq2[input, error] {
	return func(yield func(input, error) bool) {
		if len(files) == 0 {
			files = []string{"-"}
		}
		for _, name := range files {
			if more := fileLines(name, stdin, yield); !more {
				return
			}
		}
	}
}

func fileLines(name string, stdin io.Reader, yield func(input, error) bool) (more bool) {
	from := stdin
	if name == "-" {
		name = "stdin"
	} else {
		f, err := os.Open(name)
		if err != nil {
			yield(input{}, err)
			return false
		}
		defer f.Close()
		from = f
	}
	r := bufio.NewReaderSize(from, 256<<10)
	var long []byte
	for number := 1; ; number++ {
		text, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = long[:0]
			for errors.Is(err, bufio.ErrBufferFull) {
				long = append(long, text...)
				text, err = r.ReadSlice('\n')
			}
			long = append(long, text...)
			text = long
		}
		if number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			if !yield(input{name, number, text}, nil) {
				return false
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			yield(input{}, fmt.Errorf("read %s: %w", name, err))
			return false
		}
	}
}
