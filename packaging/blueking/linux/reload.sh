#!/bin/sh
# The exporter reads its settings only at startup, so a reload is a restart.

cd "$(dirname "$0")" || exit 1
exec ./restart.sh
