//! What is fuzzed of the settings.

use super::flags::Flag;
use super::{Config, Settings, all_flags, argv as arguments, file};

const OWN: &[Flag] = &[
    Flag::value("pool.path", "PATH", "/run/pool", "Sockets of the pool.").repeatable(),
    Flag::value("pool.password", "PASSWORD", "", "Password of the pool.").secret(),
    Flag::switch("pool.all", "Ask every one."),
];

/// Arguments, one a line.
pub fn argv(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let args: Vec<_> = text.split('\n').map(str::to_owned).collect();
    let flags = all_flags(":9601", OWN);
    let (typed, errors) = arguments::read(&args, &flags);
    assert!(typed.len() + errors.len() <= args.len(), "an argument counts twice");
    let as_arg = |(flag, value): &(Flag, String)| format!("--{}={value}", flag.name);
    let normal: Vec<_> = typed.iter().map(as_arg).collect();
    assert_eq!(arguments::read(&normal, &flags), (typed.clone(), Vec::new()));
    if typed.iter().any(|(flag, _)| names_a_file(flag)) {
        return;
    }
    let (settings, errors) = Settings::read("fuzz_exporter", &flags, &args, |_| None);
    if errors.is_empty() {
        let _ = Config::new(&settings, Vec::new());
        check_toml(&settings, &flags);
    }
}

/// A fuzzer must not open whatever it comes up with.
fn names_a_file(flag: &Flag) -> bool {
    flag.name.ends_with("config.file")
}

/// What is printed as a settings file has to be one, with the same settings.
fn check_toml(settings: &Settings, flags: &[Flag]) {
    let text = settings.to_toml();
    let (entries, errors) = file::read(&text, flags);
    if !errors.is_empty() {
        unreadable(&text, &errors);
    }
    for entry in entries.iter().filter(|entry| !entry.flag.secret) {
        let last = entry.values.last().map_or("", String::as_str);
        assert_eq!(last, settings.text(entry.flag.name), "{text}");
    }
}

#[allow(clippy::panic, reason = "a panic is what a fuzzer looks for")]
fn unreadable(text: &str, errors: &[(usize, String)]) -> ! {
    panic!("{errors:?} in {text}")
}

/// A settings file.
pub fn config_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let flags = all_flags(":9601", OWN);
    let lines = text.split('\n').count();
    let (entries, errors) = file::read(&text, &flags);
    assert!(errors.iter().all(|(line, _)| (1..=lines).contains(line)), "{errors:?}");
    // What is right counts all the same, for what else may be wrong with it.
    assert!(entries.iter().all(|entry| (1..=lines).contains(&entry.line)), "{entries:?}");
    // The same on the command line is the same, but for what the command line does not take.
    let plain = |entry: &&file::Entry| !entry.flag.secret && !names_a_file(&entry.flag);
    let args = entries.iter().filter(plain).flat_map(|entry| {
        entry.values.iter().map(|value| format!("--{}={value}", entry.flag.name))
    });
    let args: Vec<_> = args.collect();
    let (settings, errors) = Settings::read("fuzz_exporter", &flags, &args, |_| None);
    if errors.is_empty() {
        let _ = Config::new(&settings, Vec::new());
        check_toml(&settings, &flags);
        for entry in entries.iter().filter(plain).filter(|entry| !entry.flag.is_switch()) {
            let same = settings.texts(entry.flag.name) == entry.values;
            assert!(same || entry.values.is_empty(), "{entry:?}");
        }
    }
}
