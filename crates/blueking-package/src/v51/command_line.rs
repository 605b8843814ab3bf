//! Joins the start parameters into the arguments of an exporter, like BlueKing 5.1.

use std::collections::BTreeMap;

use super::documents::{Mode, StartParameter};

/// The arguments with which BlueKing 5.1 starts the exporter, in parameter order.
///
/// `overrides` are the values that an operator entered, by parameter name. Other parameters have
/// their default, and overrides for unknown parameters have no effect. Only parameters of mode
/// `cmd` become arguments:
///
/// * a name that starts with `--` and its value form one argument, `--name=value`;
/// * any other name and its value are two arguments;
/// * an empty name is a positional argument: only the value.
///
/// A parameter with an empty value is omitted, so that the exporter's default applies: `--name=`
/// would set an empty value, and a bare name would consume the next argument. A value with spaces
/// remains one argument; whether 5.1 quotes it is not documented.
///
/// ```
/// use std::collections::BTreeMap;
/// use blueking_package::v51::{Mode, ParameterType, StartParameter, command_line};
///
/// let listen = StartParameter {
///     default: "127.0.0.1:9601".to_owned(),
///     mode: Mode::Cmd,
///     input: ParameterType::Text,
///     name: "--web.listen-address".to_owned(),
///     description: "监听地址".to_owned(),
///     visible: false,
/// };
/// let arguments = command_line(&[listen], &BTreeMap::new());
/// assert_eq!(arguments, ["--web.listen-address=127.0.0.1:9601"]);
/// ```
pub fn command_line(
    parameters: &[StartParameter],
    overrides: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut arguments = Vec::new();
    for StartParameter { name, default, mode, .. } in parameters {
        let value = overrides.get(name).unwrap_or(default);
        if *mode != Mode::Cmd || value.is_empty() {
            continue;
        }
        if name.starts_with("--") {
            arguments.push(format!("{name}={value}"));
        } else {
            arguments
                .extend([name, value].into_iter().filter(|argument| !argument.is_empty()).cloned());
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v51::ParameterType;

    fn parameter(name: &str, mode: Mode, default: &str) -> StartParameter {
        StartParameter {
            default: default.to_owned(),
            mode,
            input: ParameterType::Text,
            name: name.to_owned(),
            description: String::new(),
            visible: true,
        }
    }

    #[test]
    fn each_kind_of_parameter_is_joined() {
        let table = [
            ("", Mode::Cmd, "serve", "serve"),
            ("", Mode::Cmd, "", ""),
            ("--a", Mode::Cmd, "1", "--a=1"),
            ("--a", Mode::Cmd, "x y", "--a=x y"),
            ("--a", Mode::Cmd, "", ""),
            ("-b", Mode::Cmd, "2", "-b|2"),
            ("-b", Mode::Cmd, "", ""),
            ("c", Mode::Cmd, "3", "c|3"),
            ("D", Mode::Env, "4", ""),
            ("_exporter_url_", Mode::Collector, "http://localhost:1/metrics", ""),
        ];
        for (name, mode, default, expected) in table {
            let arguments = command_line(&[parameter(name, mode, default)], &BTreeMap::new());
            assert_eq!(arguments.join("|"), expected, "{name} {default:?}");
        }
    }

    #[test]
    fn overrides_win_and_order_is_kept() {
        let parameters = [
            parameter("", Mode::Cmd, "first"),
            parameter("-b", Mode::Cmd, "2"),
            parameter("--a", Mode::Cmd, "1"),
            parameter("D", Mode::Env, "4"),
        ];
        let overrides = [("--a", "9"), ("-b", ""), ("", "other"), ("D", "5"), ("--unknown", "x")];
        let overrides = overrides.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(command_line(&parameters, &overrides.into()), ["other", "--a=9"]);
    }
}
