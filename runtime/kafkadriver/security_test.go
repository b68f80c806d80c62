package kafkadriver_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/xdg-go/scram"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// secret is what the real broker of scripts/kafka knows the user brook by.
const secret = "brook-secret"

func plain() *sarama.Config {
	c := sarama.NewConfig()
	c.Net.SASL.Enable = true
	c.Net.SASL.Mechanism = sarama.SASLTypePlaintext
	c.Net.SASL.User, c.Net.SASL.Password = "brook", secret
	return c
}

// conversation is a sarama.SCRAMClient.
type conversation struct {
	hash scram.HashGeneratorFcn
	*scram.ClientConversation
}

func (c *conversation) Begin(user, password, authzID string) error {
	client, err := c.hash.NewClient(user, password, authzID)
	if err != nil {
		return err
	}
	c.ClientConversation = client.NewConversation()
	return nil
}

func scrammed(mechanism sarama.SASLMechanism, hash scram.HashGeneratorFcn) *sarama.Config {
	c := plain()
	c.Net.SASL.Mechanism = mechanism
	c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient {
		return &conversation{hash: hash}
	}
	return c
}

// bearer returns a token without a signature, which the real broker accepts for tests.
type bearer struct{}

func (bearer) Token() (*sarama.AccessToken, error) {
	// {"alg":"none"}, {"sub":"brook","iat":1700000000,"exp":9999999999}
	return &sarama.AccessToken{Token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJicm9vayIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ."}, nil
}

func bearing() *sarama.Config {
	c := sarama.NewConfig()
	c.Net.SASL.Enable = true
	c.Net.SASL.Mechanism = sarama.SASLTypeOAuth
	c.Net.SASL.TokenProvider = bearer{}
	return c
}

// works publishes and reads over a configuration.
func works(t *testing.T, addrs []string, config *sarama.Config) {
	t.Helper()
	d := open(t, addrs, config)
	at, err := d.Publish(t.Context(), numbered(newTopic(), "k", 0, 10))
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if got := values(t, d, at[0]); len(got) != 10 {
		t.Errorf("the log has %v", got)
	}
}

// fails has to return an error, soon, that does not contain the secret.
func fails(t *testing.T, addrs []string, config *sarama.Config, want error) {
	t.Helper()
	config.Net.DialTimeout = 10 * time.Second
	d, err := kafkadriver.Open(addrs, config)
	if err == nil {
		d.Close()
	}
	if !errors.Is(err, want) {
		t.Errorf("Open: %v, want %v", err, want)
	} else if strings.Contains(err.Error(), secret) ||
		strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("the error tells the secret: %v", err)
	}
}

// heard is what sarama logs. Its goroutines log at any time, so the logger is set before all tests.
var heard transcript

type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func TestMain(m *testing.M) {
	sarama.Logger = log.New(&heard, "", 0)
	kafkadriver.Poison()
	os.Exit(m.Run())
}

// overheard looks for secrets in what sarama logged, once the test is over.
func overheard(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if text := heard.String(); text == "" || strings.Contains(text, secret) ||
			strings.Contains(text, "wrong-secret") {
			t.Errorf("sarama logs nothing, or tells the secret: %s", text)
		}
	})
}

func testSASL(t *testing.T, addrs []string, denied error) {
	overheard(t)
	for name, config := range map[string]func() *sarama.Config{
		"PLAIN": plain,
		"SCRAM-SHA-256": func() *sarama.Config {
			return scrammed(sarama.SASLTypeSCRAMSHA256, scram.SHA256)
		},
		"SCRAM-SHA-512": func() *sarama.Config {
			return scrammed(sarama.SASLTypeSCRAMSHA512, scram.SHA512)
		},
	} {
		t.Run(name, func(t *testing.T) {
			works(t, addrs, config())
			wrong := config()
			wrong.Net.SASL.Password = "wrong-secret"
			fails(t, addrs, wrong, denied)
		})
	}
}

func TestSASLFake(t *testing.T) {
	testSASL(t, fake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "brook", secret),
		// it hangs up
		kfake.Superuser("SCRAM-SHA-256", "brook", secret),
		kfake.Superuser("SCRAM-SHA-512", "brook", secret)).ListenAddrs(), io.EOF)
}

func TestSASLKafka(t *testing.T) {
	addrs := listeners(t, "BROOK_KAFKA_SASL")
	testSASL(t, addrs, sarama.ErrSASLAuthenticationFailed)
	t.Run("OAUTHBEARER", func(t *testing.T) { works(t, addrs, bearing()) })
}

// listeners returns addresses of the real cluster from an environment variable.
func listeners(t *testing.T, name string) []string {
	t.Helper()
	addrs := os.Getenv(name)
	if addrs == "" {
		t.Skipf("SKIPPED: %s names no broker, so this is NOT tested; scripts/kafka run --sasl "+
			"--tls does", name)
	}
	return strings.Split(addrs, ",")
}

// trusting is a configuration for TLS that trusts some certificates.
func trusting(pool *x509.CertPool) *sarama.Config {
	c := sarama.NewConfig()
	c.Net.TLS.Enable = true
	c.Net.TLS.Config = &tls.Config{RootCAs: pool}
	return c
}

func testTLS(t *testing.T, addrs []string, pool *x509.CertPool) {
	works(t, addrs, trusting(pool))
	config := trusting(x509.NewCertPool())
	config.Net.DialTimeout = 10 * time.Second
	d, err := kafkadriver.Open(addrs, config)
	if err == nil {
		d.Close()
	}
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Errorf("Open, trusting nobody: %v", err)
	}
}

func TestTLSFake(t *testing.T) {
	server := httptest.NewUnstartedServer(nil) // it has a certificate for 127.0.0.1
	server.StartTLS()
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	testTLS(t, fake(t, kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates})).ListenAddrs(),
		pool)
}

func TestTLSKafka(t *testing.T) {
	addrs := listeners(t, "BROOK_KAFKA_TLS")
	pem, err := os.ReadFile(os.Getenv("BROOK_KAFKA_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("BROOK_KAFKA_CA has no certificate")
	}
	testTLS(t, addrs, pool)
}

// A denied access is a permanent error; but a record that could not be published for want of a
// right can be once it is granted.
func TestForbidden(t *testing.T) {
	addrs := fake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.SeedTopics(1, "t"),
		kfake.Superuser("PLAIN", "admin", secret),
		kfake.User("PLAIN", "brook", secret)).ListenAddrs()
	d := open(t, addrs, plain())
	if _, err := d.Partitions(t.Context(), "t"); !errors.Is(err, brook.ErrPermanent) ||
		!errors.Is(err, sarama.ErrTopicAuthorizationFailed) {
		t.Errorf("Partitions: %v, want a permanent error", err)
	}
	if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 1)); errors.Is(err,
		brook.ErrPermanent) || !errors.Is(err, sarama.ErrTopicAuthorizationFailed) {
		t.Errorf("Publish: %v, want an error that passes", err)
	}
}
