#!/bin/sh
# Stops the exporter if it is running, then starts it.

cd "$(dirname "$0")" || exit 1
./stop.sh && exec ./start.sh
