//! How BlueKing 5.1 starts an exporter: the start parameters joined into arguments.

use std::collections::BTreeMap;

use super::documents::{Mode, StartParameter};

/// The arguments that BlueKing 5.1 starts the exporter with, in the order of the parameters.
///
/// `overrides` are the values that an operator typed, by parameter name; a parameter without one
/// has its default, and an override that names no parameter has no effect, as the form has no row
/// for it. Only parameters of mode `cmd` become arguments:
///
/// * a name that starts with `--` and its value make one word, `--name=value`;
/// * any other name and its value are two words;
/// * an empty name is a positional argument: its value alone.
///
/// A parameter with an empty value is left out altogether, so that the exporter's own default
/// holds: `--name=` would set an empty value, and a name alone would swallow the next word.
/// A value with blanks stays one word here; whether 5.1 quotes it is not documented.
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
/// let words = command_line(&[listen], &BTreeMap::new());
/// assert_eq!(words, ["--web.listen-address=127.0.0.1:9601"]);
/// ```
pub fn command_line(
    parameters: &[StartParameter],
    overrides: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut words = Vec::new();
    for StartParameter { name, default, mode, .. } in parameters {
        let value = overrides.get(name).unwrap_or(default);
        if *mode != Mode::Cmd || value.is_empty() {
            continue;
        }
        if name.starts_with("--") {
            words.push(format!("{name}={value}"));
        } else {
            words.extend([name, value].into_iter().filter(|word| !word.is_empty()).cloned());
        }
    }
    words
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
    fn each_form_of_parameter_makes_its_words() {
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
            let words = command_line(&[parameter(name, mode, default)], &BTreeMap::new());
            assert_eq!(words.join("|"), expected, "{name} {default:?}");
        }
    }

    #[test]
    fn what_an_operator_typed_wins_and_order_is_kept() {
        let parameters = [
            parameter("", Mode::Cmd, "first"),
            parameter("-b", Mode::Cmd, "2"),
            parameter("--a", Mode::Cmd, "1"),
            parameter("D", Mode::Env, "4"),
        ];
        let typed = [("--a", "9"), ("-b", ""), ("", "other"), ("D", "5"), ("--unknown", "x")];
        let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(command_line(&parameters, &typed.into()), ["other", "--a=9"]);
    }
}
