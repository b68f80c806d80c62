package browsertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take, on a machine that has much else to do: what runs beside the
// tests there can leave them next to nothing for a minute.
const patience = 3 * time.Minute

// instance is a process of the service.
type instance struct {
	name string
	url  string
	cmd  *exec.Cmd
	log  string // a file
	done chan struct{}
}

// build returns the service's program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gameday")
	cmd := exec.Command("go", "build", "-o", path, "./internal/gameday")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the service is not built: %v\n%s", err, out)
	}
	return path
}

// launch starts an instance, and returns once it serves. It is killed at the end of the test.
func launch(t *testing.T, name, binary string, args ...string) *instance {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	i := &instance{name: name, log: file.Name(), done: make(chan struct{}),
		cmd: exec.Command(binary, args...)}
	i.cmd.Stderr = file
	out, err := i.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := i.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the log of the %s:\n%s\nwhat serves:\n%s", name, i.lastWords(), i.serving())
		}
		i.kill()
	})
	first := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(out)
		line, _ := lines.ReadString('\n')
		first <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, lines)
		_ = i.cmd.Wait()
		close(i.done)
	}()
	address, ok := strings.CutPrefix(<-first, "serving at ")
	if !ok {
		<-i.done
		t.Fatalf("the %s does not start:\n%s", name, i.lastWords())
	}
	i.url = "http://" + address
	return i
}

// kill ends the process as a machine does that loses its power.
func (i *instance) kill() {
	_ = i.cmd.Process.Kill()
	<-i.done
}

// stop ends the process in order.
func (i *instance) stop(t *testing.T) {
	t.Helper()
	if err := i.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-i.done:
	case <-time.After(patience):
		t.Fatalf("the %s does not end:\n%s", i.name, i.lastWords())
	}
	if !i.cmd.ProcessState.Success() {
		t.Errorf("the %s ended with %v:\n%s", i.name, i.cmd.ProcessState, i.lastWords())
	}
}

// lastWords returns the end of the log.
func (i *instance) lastWords() string {
	text, err := os.ReadFile(i.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-8000):])
}

// serving ends the process, and returns the stacks of its goroutines that serve requests.
func (i *instance) serving() string {
	if err := i.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return err.Error()
	}
	<-i.done
	text, err := os.ReadFile(i.log)
	if err != nil {
		return err.Error()
	}
	var all []string
	for stack := range strings.SplitSeq(string(text), "\n\n") {
		if strings.HasPrefix(stack, "goroutine ") && strings.Contains(stack, "brookhttp.") {
			all = append(all, stack)
		}
	}
	return strings.Join(all, "\n\n")
}

func (i *instance) inspector() string { return i.url + "/inspect/" }

// get asks the instance for something.
func (i *instance) get(path string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url+path, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// ready waits until a load balancer would send requests here.
func (i *instance) ready(t *testing.T) {
	t.Helper()
	wait(t, func() error {
		status, body, err := i.get("/readyz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("the %s is not ready: %s", i.name, body)
		}
		return err
	})
}

// metric returns the sum of the series of a metric whose labels have all these texts.
func (i *instance) metric(name string, labels ...string) (sum float64, err error) {
	status, body, err := i.get("/metrics")
	if err == nil && status != http.StatusOK {
		err = errors.New(string(body))
	}
	if err != nil {
		return 0, err
	}
series:
	for line := range strings.Lines(string(body)) {
		series, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if !ok || !strings.HasPrefix(series, name+"{") {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(series, l) {
				continue series
			}
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", line, err)
		}
		sum += v
	}
	return sum, nil
}

// wait tries until something is so.
func wait(t *testing.T, so func() error) {
	t.Helper()
	deadline := time.After(patience)
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		err := so()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("after %s: %v", patience, err)
		case <-ticks.C:
		}
	}
}
