#!/bin/sh
# Starts the exporter in the background as etc/env.yaml says. Fails if it is not up after 2 seconds.

plugin=@plugin_id@

cd "$(dirname "$0")" || exit 1
. ./parse_yaml.sh
export_yaml etc/env.yaml || exit 1
: "${BK_PLUGIN_LOG_PATH:=$PWD/log}" "${BK_PLUGIN_PID_PATH:=$PWD/pid/$plugin.pid}"
log=$BK_PLUGIN_LOG_PATH/$plugin.log
mkdir -p "$BK_PLUGIN_LOG_PATH" "$(dirname "$BK_PLUGIN_PID_PATH")" || exit 1

# The server joins the arguments with blanks and knows no quotes. A star is a star, not file names.
set -f
chmod a+x "./$plugin"
# shellcheck disable=SC2086
"./$plugin" ${BK_CMD_ARGS-} >"$log" 2>&1 &
pid=$!
echo "started $plugin as process $pid"
sleep 2

# A process that has ended and was not waited for has a number still, but no program.
if readlink "/proc/$pid/exe" >/dev/null; then
    echo "$pid" >"$BK_PLUGIN_PID_PATH"
    echo "$plugin is running"
else
    echo "$plugin ended at once; it said:"
    cat "$log"
    exit 1
fi
