//! Fuzzing of the command line and the settings file.

use super::argv::{self as arguments, Typed};
use super::flag::{AnyFlag, Flag, FlagSpec};
use super::{Config, Settings, all_flags, file};

const OWN: &[&dyn AnyFlag] = &[
    &Flag::list("pool.path", "PATH", "/run/pool", "Sockets of the pool."),
    &Flag::text("pool.password", "PASSWORD", "", "Password of the pool.").secret(),
    &Flag::switch("pool.all", "Ask every one."),
    &Flag::pattern("pool.name-include", "", "Names."),
    &Flag::pattern("pool.name-exclude", "^x", "Names."),
];

/// Fuzzes arguments, one per line.
pub fn argv(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let args: Vec<_> = text.split('\n').map(str::to_owned).collect();
    let flags = all_flags(":9601", OWN, &[]);
    let (typed, errors) = arguments::read(&args, &flags);
    assert!(typed.len() <= args.len(), "more flags than arguments");
    let as_arg = |(flag, value): &Typed| format!("--{}={value}", flag.name);
    let normal: Vec<_> = typed.iter().map(as_arg).collect();
    assert_eq!(arguments::read(&normal, &flags), (typed.clone(), Vec::new()));
    if errors.is_empty() && !typed.iter().any(|(flag, _)| names_a_file(flag)) {
        let (settings, errors) = Settings::read("fuzz_exporter", &flags, typed, |_| None);
        let _ = Config::new(&settings, &mut Vec::new());
        if errors.is_empty() {
            check_toml(&settings, &flags);
        }
    }
}

/// Whether the value is a path that would be opened, which a fuzzer must not do.
fn names_a_file(flag: &FlagSpec) -> bool {
    flag.name.ends_with("config.file")
}

/// The printed settings must parse as a settings file with the same settings.
fn check_toml(settings: &Settings, flags: &[FlagSpec]) {
    let text = settings.to_toml();
    let (entries, errors) = file::read(&text, flags);
    if !errors.is_empty() {
        unreadable(&text, &errors);
    }
    let typed = entries
        .into_iter()
        .flat_map(|entry| entry.values.into_iter().map(move |value| (entry.flag, value)));
    let typed = typed.filter(|(flag, _)| !flag.secret);
    let (again, _) = Settings::read("fuzz_exporter", flags, typed.collect(), |_| None);
    let same = |text: &str| {
        text.lines()
            .filter_map(|line| line.rsplit_once("  # "))
            .map(|it| it.0.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(same(&again.to_toml()), same(&text));
}

#[allow(clippy::panic, reason = "a fuzzer reports panics")]
fn unreadable(text: &str, errors: &[(usize, String)]) -> ! {
    panic!("{errors:?} in {text}")
}

/// Fuzzes a settings file.
pub fn config_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let flags = all_flags(":9601", OWN, &[]);
    let lines = text.split('\n').count();
    let (entries, errors) = file::read(&text, &flags);
    assert!(errors.iter().all(|(line, _)| (1..=lines).contains(line)), "{errors:?}");
    // Valid entries are returned despite errors, so that their values are checked too.
    assert!(entries.iter().all(|entry| (1..=lines).contains(&entry.line)), "{entries:?}");
    // The same settings are valid on the command line, except secrets.
    let plain = entries.iter().filter(|entry| !entry.flag.secret && !names_a_file(&entry.flag));
    let typed =
        plain.flat_map(|entry| entry.values.iter().map(|value| (entry.flag, value.clone())));
    let (settings, errors) = Settings::read("fuzz_exporter", &flags, typed.collect(), |_| None);
    let _ = Config::new(&settings, &mut Vec::new());
    if errors.is_empty() {
        check_toml(&settings, &flags);
    }
}
