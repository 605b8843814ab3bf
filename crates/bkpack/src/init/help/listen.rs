//! The flag that says where an exporter serves its metrics, under whatever name. Addresses of the
//! service that is monitored have similar names and must not be taken for it.

use super::HelpFlag;
use super::role::Role;
use super::words::{any, contains, only, prose_words, words};

/// Form and default of the flag for the listen address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// In which form the flag takes the address.
    pub form: ListenForm,
    /// The port of the default; `None` if the help does not name one.
    pub port: Option<u16>,
}

/// How a flag takes the address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenForm {
    /// `HOST:PORT`, such as `127.0.0.1:9100`.
    HostPort,
    /// Shown as `:PORT`, which stands for all interfaces; Go programs take a host before it too.
    ColonPort,
    /// The port alone.
    Port,
}

const ADDRESS: &str = "listen listener listening bind addr address addresses hostport";
const HOST: &str = "host hostname ip interface";
/// Words that an exporter's own address is made of.
const OWN: &str = "\
    listen listener listening bind addr address addresses hostport port host hostname ip \
    interface http web metric metrics telemetry exporter prometheus prom server endpoint to \
    on p l a b";
/// Words that only a server of metrics has in its name.
const SURE: &str = "\
    listen listener listening bind web http metric metrics telemetry exporter prometheus \
    prom";
/// Words in the help of such a flag.
const SERVES: &str = "\
    listen listens listening bind binding expose exposes exposed serve serves serving \
    telemetry exporter web prometheus";
/// Words in the help of another server or of the service.
const FOREIGN: &str = "\
    connect connection target remote upstream database broker udp statsd graphite pprof \
    profiling grpc health gossip cluster instance self webhook \
    webhooks";

/// Words in the help of the server of metrics, where there are several.
const OF_METRICS: &str = "metrics telemetry exporter prometheus scrape scraping";

/// [`Role::Listen`] or [`Role::ListenHost`], if the flag is one of them.
pub(super) fn role_of(flag: &HelpFlag) -> Option<Role> {
    let mut name = words(flag.name.trim_start_matches('-'));
    if name.len() == 1 && name[0].len() == 1 {
        name = spell_out(flag)?;
    }
    let default = flag.default.as_deref().unwrap_or_default();
    if default.contains("://") || default.contains('/') {
        return None;
    }
    let help = prose_words(&flag.help);
    let serves = any(&help, SERVES);
    // `-promport`; `-hport` if the help says that something listens.
    if let [word] = &name[..]
        && let Some((start, end)) = split_end(word)
        && (contains(SURE, start) || any(&help, "listen listens listening bind"))
    {
        name = vec![start.to_owned(), end.to_owned()];
        name.retain(|word| contains(OWN, word));
    }
    if !only(&name, OWN) {
        // `--my-exporter.listen-address`: a name before it that the help confirms.
        let confirmed = any(&name, "listen bind") && any(&help, OF_METRICS);
        if !confirmed || any(&name, FOREIGN) || any(&help, FOREIGN) || any(&name, "tls https") {
            return None;
        }
    }
    let address = parse_default(default);
    let env = flag.env.as_deref().map(words).unwrap_or_default();
    let is_port = any(&name, "port");
    let sure = any(&name, SURE)
        || serves
        || any(&env, "listen bind")
        || default.starts_with([':', '*'])
        || default.starts_with("0.0.0.0")
        || (help.is_empty() && is_port)
        || (is_port && !any(&help, FOREIGN) && matches!(address, Some((_, Some(9000..=9999)))));
    if !sure || (!any(&name, SURE) && !serves && any(&help, FOREIGN)) {
        return None;
    }
    shape(flag, &name, address)
}

/// The end of a word that tells an address or port, and what stands before it: `promport`.
fn split_end(word: &str) -> Option<(&str, &str)> {
    let ends = ["port", "listen", "addr", "address"];
    let end = ends.into_iter().find(|end| word.ends_with(end) && word.len() > end.len())?;
    Some(word.split_at(word.len() - end.len()))
}

/// The role by the name's words and the default.
fn shape(flag: &HelpFlag, name: &[String], address: Option<(bool, Option<u16>)>) -> Option<Role> {
    let listen = |form, port| Some(Role::Listen(Listen { form, port }));
    let default = flag.default.as_deref().unwrap_or_default();
    let placeholder = flag.value.as_deref().unwrap_or_default().to_lowercase();
    match address {
        Some((true, Some(port))) if default.starts_with(':') => {
            listen(ListenForm::ColonPort, Some(port))
        }
        Some((true, port)) => listen(ListenForm::HostPort, port),
        Some((false, Some(port))) if any(name, "port listen http bind address") => {
            listen(ListenForm::Port, Some(port))
        }
        Some((false, None)) if any(name, ADDRESS) || any(name, HOST) => Some(Role::ListenHost),
        Some(_) => None,
        None if any(name, "port") => listen(ListenForm::Port, None),
        None if placeholder.contains(':') && placeholder.contains("port") => {
            let colon = placeholder.starts_with(':');
            listen(if colon { ListenForm::ColonPort } else { ListenForm::HostPort }, None)
        }
        None if placeholder == "port" => listen(ListenForm::Port, None),
        None if any(name, ADDRESS) => listen(ListenForm::HostPort, None),
        None if any(name, HOST) => Some(Role::ListenHost),
        None => None,
    }
}

/// Words for a flag that has only a letter: its variable's name or placeholder, or what its help
/// says it is.
fn spell_out(flag: &HelpFlag) -> Option<Vec<String>> {
    let env = flag.env.as_deref().map(words).unwrap_or_default();
    let after_exporter = env.iter().position(|word| word == "exporter").map_or(0, |at| at + 1);
    let sources =
        [env[after_exporter..].to_vec(), words(flag.value.as_deref().unwrap_or_default())];
    for source in sources {
        if only(&source, OWN) && (any(&source, ADDRESS) || any(&source, "port")) {
            return Some(source);
        }
    }
    const TYPES: &str = "string value int uint uint16 arg";
    let placeholder = words(flag.value.as_deref().unwrap_or_default());
    if !placeholder.is_empty() && !only(&placeholder, OWN) && !only(&placeholder, TYPES) {
        return None;
    }
    let help = prose_words(&flag.help);
    let port = any(&help, "port");
    if !any(&help, SERVES) || !(port || any(&help, ADDRESS)) {
        return None;
    }
    let only_port = port && !any(&help, "address addr host");
    Some(vec![if only_port { "port" } else { "listen" }.to_owned()])
}

/// Whether a default has a colon before its port, and the port. `None` if it is not an address.
fn parse_default(default: &str) -> Option<(bool, Option<u16>)> {
    if default.is_empty() {
        return None;
    }
    if let Ok(port) = default.parse() {
        return Some((false, Some(port)));
    }
    match default.rsplit_once(':') {
        // `[::]` and `::1` have no port.
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => Some((false, None)),
        Some((_, port)) => Some((true, port.parse().ok())),
        None => Some((false, None)),
    }
}

/// Leaves one flag with [`Role::Listen`]: the one whose name and default are surest. An address
/// without a port beside a flag for the port is the host.
pub(super) fn settle(flags: &[HelpFlag], roles: &mut [Role]) {
    let rank = |index: usize, listen: Listen| {
        let name = words(&flags[index].name);
        let own = usize::from(only(&name, OWN));
        let sure = name.iter().filter(|word| contains(SURE, word)).count();
        let help = prose_words(&flags[index].help);
        let sure = sure + usize::from(any(&help, OF_METRICS));
        (!any(&help, FOREIGN), listen.port.is_some(), own, sure, std::cmp::Reverse(index))
    };
    let candidates: Vec<(usize, Listen)> = roles
        .iter()
        .enumerate()
        .filter_map(|(index, role)| match role {
            Role::Listen(listen) => Some((index, *listen)),
            _ => None,
        })
        .collect();
    let Some((best, listen)) =
        candidates.iter().copied().max_by_key(|(index, listen)| rank(*index, *listen))
    else {
        return;
    };
    for (index, other) in candidates.iter().copied().filter(|(index, _)| *index != best) {
        let host = listen.form == ListenForm::Port && other.form == ListenForm::HostPort;
        roles[index] = if host && other.port.is_none() { Role::ListenHost } else { Role::Other };
    }
    // `--addr` without a word of help beside `--port`.
    if listen.form == ListenForm::Port {
        for (flag, role) in flags.iter().zip(roles.iter_mut()) {
            let name = words(&flag.name);
            let host = only(&name, ADDRESS) || only(&name, HOST);
            if *role == Role::Other && host && flag.help.is_empty() && flag.value.is_some() {
                *role = Role::ListenHost;
            }
        }
    }
    let hosts: Vec<usize> =
        (0..roles.len()).filter(|index| roles[*index] == Role::ListenHost).collect();
    // `--host` and `--telemetry-host`: the one that is named as the port is.
    let same = hosts.iter().find(|host| stem(&flags[**host]) == stem(&flags[best]));
    let kept = same.or(hosts.first()).copied().filter(|_| listen.form == ListenForm::Port);
    // `--host` beside an address with its port is the service's.
    for host in hosts.into_iter().filter(|host| Some(*host) != kept) {
        roles[host] = Role::Other;
    }
}

/// The words of a flag's name but those for a host, a port or an address.
fn stem(flag: &HelpFlag) -> Vec<String> {
    let mut name = words(&flag.name);
    name.retain(|word| !contains(ADDRESS, word) && !contains(HOST, word) && word != "port");
    name
}
