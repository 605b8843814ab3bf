#!/bin/sh
# Stops the exporter if it runs, and starts it.

cd "$(dirname "$0")" || exit 1
./stop.sh && exec ./start.sh
