//! The user's language, as the system has it.

use std::env;

use blueking_package::Language;

/// The variables of POSIX that name the language of messages, by precedence.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// The user's language: by the variables, and without them by the settings of Windows.
pub(crate) fn language() -> Language {
    choose(|name| env::var(name).ok(), system)
}

fn choose(
    variable: impl Fn(&str) -> Option<String>,
    system: impl FnOnce() -> Option<String>,
) -> Language {
    // An empty variable counts as unset.
    let set = VARIABLES.iter().filter_map(|name| variable(name)).find(|value| !value.is_empty());
    Language::of_locale(&set.or_else(system).unwrap_or_default())
}

#[cfg(not(unix))]
fn system() -> Option<String> {
    sys_locale::get_locale()
}

/// On Unix, no variable means the locale `C`.
#[cfg(unix)]
fn system() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_precede_the_system() {
        let chosen = |variables: &[(&str, &str)], system: Option<&str>| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            choose(variable, || system.map(str::to_owned))
        };
        let chinese = "zh_CN.UTF-8";
        for (variables, system, expected) in [
            (&[][..], None, Language::English),
            (&[], Some("zh-CN"), Language::Chinese),
            (&[("LANG", chinese)], None, Language::Chinese),
            (&[("LANG", ""), ("LC_ALL", "")], Some("zh-CN"), Language::Chinese),
            (&[("LANG", chinese), ("LC_ALL", "C")], None, Language::English),
            (&[("LANG", chinese), ("LC_MESSAGES", "POSIX")], None, Language::English),
            (&[("LC_MESSAGES", chinese), ("LANG", "en_US.UTF-8")], None, Language::Chinese),
            (&[("LC_ALL", "C")], Some("zh-CN"), Language::English),
        ] {
            assert_eq!(chosen(variables, system), expected, "{variables:?} {system:?}");
        }
    }
}
