// The design that host_exporter is measured against: client_golang's handler over gopsutil, the
// same two metrics, collected at every scrape. Built and run by `cargo xtask bench` alone.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/shirou/gopsutil/disk"
	"github.com/shirou/gopsutil/mem"
)

var (
	address = flag.String("web.listen-address", ":9601", "Address to listen on.")
	path    = flag.String("web.telemetry-path", "/metrics", "Path of the metrics.")

	memUsage = prometheus.NewDesc("sys_mem_usage", "Memory in use in percent.", nil, nil)
	diskSize = prometheus.NewDesc("sys_disk_size", "Space in use in percent.", []string{"mountpoint"}, nil)
)

type host struct{}

func (host) Describe(descs chan<- *prometheus.Desc) {
	descs <- memUsage
	descs <- diskSize
}

func (host) Collect(metrics chan<- prometheus.Metric) {
	if memory, err := mem.VirtualMemory(); err == nil {
		metrics <- prometheus.MustNewConstMetric(memUsage, prometheus.GaugeValue, memory.UsedPercent)
	}
	partitions, err := disk.Partitions(false)
	if err != nil {
		return
	}
	seen := map[string]bool{}
	for _, partition := range partitions {
		if usage, err := disk.Usage(partition.Mountpoint); err == nil && !seen[partition.Mountpoint] {
			seen[partition.Mountpoint] = true
			metrics <- prometheus.MustNewConstMetric(
				diskSize, prometheus.GaugeValue, usage.UsedPercent, partition.Mountpoint)
		}
	}
}

func main() {
	flag.Parse()
	prometheus.MustRegister(host{})
	http.Handle(*path, promhttp.Handler())
	log.Fatal(http.ListenAndServe(*address, nil))
}
