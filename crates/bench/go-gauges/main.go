// What exporter-kit is measured against: client_golang's handler over as many const gauges with two
// labels, set anew at every scrape. Built and run by `cargo xtask bench kit` alone.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

var (
	address = flag.String("web.listen-address", ":9603", "Address to listen on.")
	count   = flag.Int("gauges.count", 500, "How many gauges there are.")

	value = prometheus.NewDesc("demo_value", "A value made up.", []string{"shard", "item"}, nil)
)

type gauges struct {
	labels [][2]string
	turn   int
}

func (*gauges) Describe(descs chan<- *prometheus.Desc) {
	descs <- value
}

func (g *gauges) Collect(metrics chan<- prometheus.Metric) {
	g.turn++
	for n, labels := range g.labels {
		metrics <- prometheus.MustNewConstMetric(
			value, prometheus.GaugeValue, float64(g.turn+n)*1.234567, labels[0], labels[1])
	}
}

func main() {
	flag.Parse()
	collector := &gauges{}
	for n := 0; n < *count; n++ {
		collector.labels = append(collector.labels,
			[2]string{fmt.Sprintf("shard-%03d", n/10), fmt.Sprintf("item-%05d", n)})
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector)
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true}))
	log.Fatal(http.ListenAndServe(*address, nil))
}
