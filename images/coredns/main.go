// The CoreDNS of this project: the server itself and the few plugins that our Corefile uses.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/etcd"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/log"
)

// A question passes the plugins in this order, whatever the order in the Corefile.
func init() {
	dnsserver.Directives = []string{"health", "errors", "log", "cache", "loadbalance", "etcd", "forward"}
}

func main() {
	coremain.Run()
}
