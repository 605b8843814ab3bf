# Reads etc/env.yaml for the other scripts, which source this file.
# shellcheck shell=sh

# Exports the variables of a file with lines such as `NAME: value`, as parse_yaml.bat does. A value is
# the literal text from the first character that is not a blank to the end of the line. It is never
# evaluated. An empty value unsets the variable.
export_yaml() {
    if [ ! -r "$1" ]; then
        echo "cannot read $PWD/$1; the server creates it when it deploys the plugin" >&2
        return 1
    fi
    # Not [:space:], which depends on the locale.
    yaml_tab=$(printf '\t')
    yaml_cr=$(printf '\r')
    while IFS= read -r yaml_line || [ -n "$yaml_line" ]; do
        yaml_line=${yaml_line%"$yaml_cr"}
        yaml_line=${yaml_line#"${yaml_line%%[! "$yaml_tab"]*}"}
        yaml_name=${yaml_line%%[ "$yaml_tab"]*}
        yaml_value=${yaml_line#"$yaml_name"}
        yaml_value=${yaml_value#"${yaml_value%%[! "$yaml_tab"]*}"}
        case $yaml_name in
            *:) yaml_name=${yaml_name%:} ;;
            *) continue ;;
        esac
        case $yaml_name in
            '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;;
        esac
        if [ -n "$yaml_value" ]; then
            export "$yaml_name=$yaml_value"
        else
            unset -v "$yaml_name"
        fi
    done <"$1"
}
