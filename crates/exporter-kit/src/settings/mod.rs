//! Settings: flags, command line, environment and file, parsed once into typed values.

mod argv;
mod environment;
mod file;
mod flag;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod help;
mod kit;
mod pattern;
mod values;
#[cfg(feature = "web-config")]
mod yaml_file;

use std::ffi::OsString;

use environment::Environment;
pub(crate) use flag::nearest_by;
pub use flag::{AnyFlag, Flag, FlagSpec, FlagType};
pub(crate) use help::{describe_flags, help};
use kit::{
    COLLECTORS_ENABLED, CONFIG_CHECK, DESCRIBE, DISABLE_DEFAULTS, HELP, KIT_FLAGS, LISTEN_ADDRESS,
    VERSION,
};
pub(crate) use kit::{LABEL, TELEMETRY_PATH};
pub use pattern::{Filter, Pattern};
pub use values::{SettingError, Settings};

use crate::collector::CollectorDef;
use crate::config::Config;

/// The action requested on the command line.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Version,
    Describe,
    /// Print the effective settings and the warnings about them.
    Check(Request),
    /// Serve, and log the warnings.
    Run(Request),
}

/// The valid settings, and every error and warning about them.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) settings: Settings,
    pub(crate) config: Config,
    /// Indices of the enabled collectors in the list of definitions.
    pub(crate) enabled: Vec<usize>,
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// The flags of an exporter: those of the kit, its own, and those of its collectors.
pub(crate) fn all_flags(
    default_address: &'static str,
    own: &[&dyn AnyFlag],
    collectors: &[CollectorDef],
) -> Vec<FlagSpec> {
    let kit = KIT_FLAGS.iter().map(|flag| flag.spec());
    // Flags that only print something come last.
    let (actions, mut flags): (Vec<_>, Vec<_>) = kit.partition(|flag| flag.action);
    for flag in &mut flags {
        if flag.name == LISTEN_ADDRESS.name() {
            flag.default = default_address;
        }
    }
    flags.extend(own.iter().map(|flag| flag.spec()));
    if !collectors.is_empty() {
        flags.extend([COLLECTORS_ENABLED.spec(), DISABLE_DEFAULTS.spec()]);
    }
    flags.extend(actions);
    flags.extend(collectors.iter().flat_map(CollectorDef::flag_specs));
    for (of_targets, _) in collectors.iter().filter_map(|def| def.allowed_targets) {
        flags.iter_mut().for_each(|flag| flag.whole |= flag.name == of_targets.name());
    }
    flags
}

/// Parses the arguments after the program's name, and the environment.
///
/// # Errors
///
/// The arguments are not Unicode, or the value of an action such as `--help` is not a boolean; one
/// line each. All other errors are part of the [`Request`].
pub(crate) fn read(
    exporter: &str,
    flags: &[FlagSpec],
    collectors: &[CollectorDef],
    args: &[OsString],
) -> Result<Command, Vec<String>> {
    let (typed, mut errors) = argv::read(&to_unicode(args)?, flags);
    // Actions such as `--help` work despite other errors.
    let actions = typed.iter().filter(|(flag, _)| flag.action);
    let invalid = actions.filter(|(_, value)| values::boolean(value).is_none());
    let invalid: Vec<_> = invalid
        .map(|(flag, value)| format!("--{}: must be true or false, not {value:?}", flag.name))
        .collect();
    if !invalid.is_empty() {
        return Err(invalid);
    }
    let requests = |action: &Flag<bool>| {
        let last = typed.iter().rfind(|(flag, _)| flag.name == action.name());
        last.is_some_and(|(_, value)| values::boolean(value) == Some(true))
    };
    if requests(&HELP) {
        return Ok(Command::Help);
    }
    if requests(&VERSION) {
        return Ok(Command::Version);
    }
    if requests(&DESCRIBE) {
        return Ok(Command::Describe);
    }
    let only_checks = requests(&CONFIG_CHECK);
    let (environment, unreadable) = Environment::from_process(exporter);
    errors.extend(unreadable);
    let (settings, invalid) =
        Settings::read(exporter, flags, typed, |name| environment.value(name));
    errors.extend(invalid);
    let config = Config::new(&settings, &mut errors);
    let mut warnings = environment.warnings(exporter, flags);
    warnings.extend(config.labels.warnings());
    let enabled = enabled(&settings, collectors, &mut errors, &mut warnings);
    let request = Request { settings, config, enabled, errors, warnings };
    Ok(if only_checks { Command::Check(request) } else { Command::Run(request) })
}

/// The collectors that the settings enable. A collector's own switch takes precedence over
/// `--collectors.enabled`, which takes precedence over the default.
fn enabled(
    settings: &Settings,
    collectors: &[CollectorDef],
    errors: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Vec<usize> {
    if collectors.is_empty() {
        return Vec::new();
    }
    let listed = settings.get(&COLLECTORS_ENABLED);
    let is_listed = |name: &str| listed.iter().any(|listed| listed.trim() == name);
    for name in listed.iter().map(|name| name.trim()) {
        if name != "[defaults]" && !collectors.iter().any(|collector| collector.name == name) {
            let near = nearest_by(name, collectors, |collector| collector.name);
            let advice = match near {
                Some(near) => format!("did you mean {}?", near.name),
                None => "--help lists them".to_owned(),
            };
            let what = format!("unknown collector {name:?}; {advice}");
            errors.push(settings.error(&COLLECTORS_ENABLED, what).to_string());
        }
    }
    let by_default = |collector: &CollectorDef| {
        if !listed.is_empty() {
            let defaults = collector.enabled && is_listed("[defaults]");
            return defaults || is_listed(collector.name);
        }
        collector.enabled && !settings.get(&DISABLE_DEFAULTS)
    };
    let (mut enabled, mut unsupported) = (Vec::new(), Vec::new());
    for (index, collector) in collectors.iter().enumerate() {
        let switched = settings.switched(collector.name);
        let requested = switched.as_ref().is_some_and(|(on, _)| *on) || is_listed(collector.name);
        let on = switched.map_or_else(|| by_default(collector), |(on, _)| on);
        if on && collector.is_for_this_system() {
            enabled.push(index);
        } else if on && requested {
            unsupported.push(collector.name);
        }
    }
    if !unsupported.is_empty() {
        let names = unsupported.join(", ");
        warnings.push(format!("collectors for other systems are ignored: {names}"));
    }
    enabled
}

fn to_unicode(args: &[OsString]) -> Result<Vec<String>, Vec<String>> {
    let mut errors = Vec::new();
    let mut unicode = Vec::new();
    for (position, arg) in (1..).zip(args) {
        match arg.to_str() {
            Some(arg) => unicode.push(arg.to_owned()),
            // It may be a password.
            None => errors.push(format!("argument {position} is not Unicode")),
        }
    }
    if errors.is_empty() { Ok(unicode) } else { Err(errors) }
}

#[cfg(test)]
mod tests;
