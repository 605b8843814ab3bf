#!/bin/sh
# The exporter reads its settings when it starts, so a reload is a restart.

cd "$(dirname "$0")" || exit 1
exec ./restart.sh
