package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deployed returns a file of deploy.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// values returns what a regular expression's groups match in a text, those of a match together.
func values(text, expr string) (all []string) {
	for _, m := range regexp.MustCompile("(?m)"+expr).FindAllStringSubmatch(text, -1) {
		all = append(all, strings.Join(m[1:], " "))
	}
	return all
}

// What compose.yaml names is there: files, volumes, services, flags of the example. Images have a
// version, and no port is taken twice or open to the network.
func TestCompose(t *testing.T) {
	compose := deployed(t, "compose.yaml")
	if strings.Contains(compose, "\t") {
		t.Error("YAML has no tabs")
	}
	_, blocks, _ := strings.Cut(compose, "\nservices:\n")
	blocks, volumes, _ := strings.Cut(blocks, "\nvolumes:\n")
	services := values(blocks, `^  (\w+):$`)
	if want := []string{"kafka", "shop", "prometheus", "grafana"}; !slices.Equal(services, want) {
		t.Fatalf("the services are %q, want %q", services, want)
	}
	images := values(blocks, `^    image: \S+?:v?(\d+\.\d+\.\d+)$`)
	if all := values(blocks, `^    image: (.*)$`); len(images) != 3 || len(all) != 3 {
		t.Errorf("images %q, of which with a version %q", all, images)
	}

	var ports []string
	for _, list := range values(blocks, `^    ports: \[(.*)\]$`) {
		for _, port := range strings.Split(list, ", ") {
			on := values(port, `^"127\.0\.0\.1:(\d+):\d+"$`)
			if len(on) != 1 || slices.Contains(ports, on[0]) {
				t.Errorf("port %s is taken twice, or not of this machine alone", port)
			}
			ports = append(ports, on...)
		}
	}
	for _, port := range values(compose, `^#   http://localhost:(\d+)`) { // what people are told
		if !slices.Contains(ports, port) {
			t.Errorf("port %s is not open", port)
		}
	}

	inside := map[string]string{} // files of the repository, by their place in a container
	mounts := values(blocks, `^ +(?:- |volumes: \[")(\S+?):(/\S+?)(?::ro)?(?:"\])?$`)
	for _, mount := range mounts {
		from, to, _ := strings.Cut(mount, " ")
		if name, ok := strings.CutPrefix(from, "./"); ok {
			if _, err := os.Stat(filepath.Join("../../deploy", name)); err != nil {
				t.Error(err)
			}
			inside[to] = name
		} else if !slices.Contains(values(volumes, `^  (\w+):$`), from) {
			t.Errorf("there is no volume %s", from)
		}
	}
	if len(mounts) != 5 || len(inside) != 4 {
		t.Errorf("mounted are %q, of the repository %q", mounts, inside)
	}
	home := values(blocks, `GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: (\S+)$`)
	if len(home) != 1 || inside[home[0]] != "grafana/brook.json" {
		t.Errorf("the first dashboard is %q, and mounted are %q", home, inside)
	}
	if path := values(deployed(t, "grafana/provider.yaml"), `^ +path: (\S+)$`); len(path) != 1 ||
		filepath.Dir(home[0]) != path[0] {
		t.Errorf("Grafana looks for dashboards in %q, and there is %q", path, home)
	}

	for file, expr := range map[string]string{
		"compose.yaml":              `^      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://(\w+):(9092)$`,
		"prometheus/prometheus.yml": `targets: \["(\w+):(9464)"\]`,
		"grafana/datasource.yaml":   `url: http://(\w+):(9090)$`,
	} {
		found := values(deployed(t, file), expr)
		if len(found) != 1 || !slices.Contains(services, strings.Fields(found[0])[0]) {
			t.Errorf("%s reaches %q, which is no service", file, found)
		}
	}
	rules := values(deployed(t, "prometheus/prometheus.yml"), `^rule_files: \[(\S+)\]$`)
	if len(rules) != 1 || deployed(t, "prometheus/"+rules[0]) == "" {
		t.Errorf("rule files %q", rules)
	}
}

// The image is built of the example by a Go that can, with flags that the example has.
func TestDockerfile(t *testing.T) {
	dockerfile := deployed(t, "Dockerfile")
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	image, needed := values(dockerfile, `^FROM golang:(\S+) AS build$`), values(string(module), `^go (\d+\.\d+)`)
	if !slices.Equal(image, needed) {
		t.Errorf("the image is built by Go %q, and go.mod has %q", image, needed)
	}
	if !strings.Contains(dockerfile, "go build -o /shop ./examples/kafka ") ||
		!strings.Contains(dockerfile, "ENTRYPOINT [\"/shop\"]\n") {
		t.Error("the image is not that of examples/kafka")
	}
	flags := values(deployed(t, "compose.yaml"), `^    command: \[(.*)\]$`)
	if len(flags) != 1 || !strings.Contains(deployed(t, "compose.yaml"), "dockerfile: deploy/Dockerfile\n") {
		t.Fatalf("commands %q", flags)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range values(flags[0], `"-(\w+)"`) {
		if !regexp.MustCompile(`flag\.\w+\("` + name + `",`).Match(source) {
			t.Errorf("the example has no flag -%s", name)
		}
	}
}
