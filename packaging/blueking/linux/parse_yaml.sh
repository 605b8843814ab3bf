# Reads etc/env.yaml for the other scripts, which take this in with `.`.
# shellcheck shell=sh

# Exports what a file says in lines such as `NAME: value`. A value is text up to the end of its line
# and nothing in it is special: it is never evaluated. An empty one leaves its variable alone.
export_yaml() {
    if [ ! -r "$1" ]; then
        echo "cannot read $PWD/$1; the server renders it when the plugin is deployed" >&2
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
        # Without blanks around it, and without the CR of a file from Windows.
        yaml_value=${yaml_line#*:}
        yaml_value=${yaml_value#"${yaml_value%%[![:space:]]*}"}
        yaml_value=${yaml_value%"${yaml_value##*[![:space:]]}"}
        if [ -n "$yaml_value" ]; then
            export "$yaml_name=$yaml_value"
        fi
    done <"$1"
}
