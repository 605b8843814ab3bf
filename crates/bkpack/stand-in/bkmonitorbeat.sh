#!/bin/sh
# Stand-in for the agent's collector: records its arguments and configuration next to itself, writes
# its pid file, and waits to be killed.

here=$(dirname "$0")
printf '%s\n' "$@" >"$here/arguments"
while [ $# -gt 1 ] && [ "$1" != -c ]; do
    shift
done
cp "$2" "$here/config.part" || exit 1
pids=$(sed -n 's/^path\.pid: *//p' "$2")
mkdir -p "$pids" || exit 1
echo $$ >"$pids/bkmonitorbeat.pid"
mv "$here/config.part" "$here/config"
exec sleep 600
