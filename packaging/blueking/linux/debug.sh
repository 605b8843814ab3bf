#!/bin/sh
# Starts the exporter, then the agent's collector in the foreground, which prints the scraped metrics.

cd "$(dirname "$0")" || exit 1
. ./parse_yaml.sh
export_yaml etc/env.yaml || exit 1
./start.sh && exec "${GSE_AGENT_HOME:?is not in etc/env.yaml}/plugins/bin/bkmonitorbeat" \
    -c etc/bkmonitorbeat_debug.yaml
