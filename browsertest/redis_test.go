package browsertest

import (
	"bufio"
	"fmt"
	"net"
)

// configure changes the configuration of the Redis server.
func (g *gameDay) configure(setting string) {
	g.t.Helper()
	conn, err := net.DialTimeout("tcp", g.redis, patience)
	if err != nil {
		g.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "CONFIG SET %s\r\n", setting); err != nil {
		g.t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || answer != "+OK\r\n" {
		g.t.Fatalf("CONFIG SET %s: %q %v", setting, answer, err)
	}
}
