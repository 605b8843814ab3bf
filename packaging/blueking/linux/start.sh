#!/bin/sh
# Starts the exporter in the background with the settings of etc/env.yaml. Fails if it is not running
# after 2 seconds.

plugin=@plugin_id@

cd "$(dirname "$0")" || exit 1
. ./parse_yaml.sh
export_yaml etc/env.yaml || exit 1
: "${BK_PLUGIN_LOG_PATH:=$PWD/log}" "${BK_PLUGIN_PID_PATH:=$PWD/pid/$plugin.pid}"
log=$BK_PLUGIN_LOG_PATH/$plugin.log
mkdir -p "$BK_PLUGIN_LOG_PATH" "$(dirname "$BK_PLUGIN_PID_PATH")" || exit 1

# A copy that is still running writes to the log, so a start that fails must not truncate it.
output=$log
if [ -s "$BK_PLUGIN_PID_PATH" ]; then
    read -r saved <"$BK_PLUGIN_PID_PATH"
    if [ "$(readlink "/proc/$saved/cwd" 2>/dev/null)" = "$(pwd -P)" ]; then
        output=$log.new
    fi
fi

# The server joins the arguments with spaces, without quoting. Globbing is disabled.
set -f
chmod a+x "./$plugin"
# shellcheck disable=SC2086
"./$plugin" ${BK_CMD_ARGS-} >"$output" 2>&1 &
pid=$!
echo "started $plugin as process $pid"
sleep 2

# A zombie process still has a PID, but no executable.
if readlink "/proc/$pid/exe" >/dev/null; then
    [ "$output" = "$log" ] || mv -f "$output" "$log"
    echo "$pid" >"$BK_PLUGIN_PID_PATH"
    echo "$plugin is running"
else
    echo "$plugin exited immediately; its output:"
    cat "$output"
    exit 1
fi
