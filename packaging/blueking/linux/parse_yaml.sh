# Reads etc/env.yaml for the other scripts, which source this file.
# shellcheck shell=sh

# Exports the variables of a file with lines such as `NAME: value`. A value is the literal text up to
# the end of the line and is never evaluated. An empty value leaves the variable unchanged.
export_yaml() {
    if [ ! -r "$1" ]; then
        echo "cannot read $PWD/$1; the server creates it when it deploys the plugin" >&2
        return 1
    fi
    while IFS= read -r yaml_line || [ -n "$yaml_line" ]; do
        case $yaml_line in
            *:*) ;;
            *) continue ;;
        esac
        yaml_name=${yaml_line%%:*}
        case $yaml_name in
            '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;;
        esac
        # Trim spaces, and the CR of a file with Windows line endings.
        yaml_value=${yaml_line#*:}
        yaml_value=${yaml_value#"${yaml_value%%[![:space:]]*}"}
        yaml_value=${yaml_value%"${yaml_value##*[![:space:]]}"}
        if [ -n "$yaml_value" ]; then
            export "$yaml_name=$yaml_value"
        fi
    done <"$1"
}
