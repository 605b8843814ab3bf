#!/bin/sh
# Stops every process of the exporter in this folder. Fails if one cannot be stopped.

plugin=@plugin_id@

cd "$(dirname "$0")" || exit 1
folder=$(pwd -P)
. ./parse_yaml.sh
if [ -r etc/env.yaml ]; then
    export_yaml etc/env.yaml
fi
pid_file=${BK_PLUGIN_PID_PATH:-$PWD/pid/$plugin.pid}

# Whether a link in /proc points to a path, even one that an upgrade has removed.
points_to() {
    case $(readlink "$1" 2>/dev/null) in
        "$2" | "$2 (deleted)") ;;
        *) return 1 ;;
    esac
}

# The PIDs of all processes. If an emulator runs the program, only start.sh knows the PID. The PID may
# have been reused since, but hardly by a process with this working directory.
running() {
    for process in /proc/[0-9]*; do
        if points_to "$process/exe" "$folder/$plugin"; then
            echo "${process#/proc/}"
        fi
    done
    if [ -s "$pid_file" ]; then
        read -r saved <"$pid_file"
        if points_to "/proc/$saved/cwd" "$folder" && readlink "/proc/$saved/exe" >/dev/null; then
            echo "$saved"
        fi
    fi
}

for attempt in 1 2 3 4 5 6 7 8 9 10; do
    pids=$(running)
    if [ -z "$pids" ]; then
        rm -f "$pid_file"
        echo "$plugin is not running"
        exit 0
    fi
    for pid in $pids; do
        kill -9 "$pid" 2>/dev/null
    done
    # The kernel may need a moment to end a process.
    [ "$attempt" = 1 ] || sleep 1
done
echo "$plugin cannot be stopped; still running: $(echo "$pids" | tr '\n' ' ')" >&2
exit 1
