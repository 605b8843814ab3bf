//! The command line of `new`.

use gumdrop::Options;

use crate::scaffold::Source;

/// Creates a new exporter that builds, passes its tests and can be packaged.
#[derive(Debug, Default, Options)]
pub(crate) struct New {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        meta = "PORT",
        parse(try_from_str = "port"),
        help = "port to listen on, 1 to 65535; by default one that no exporter here uses"
    )]
    pub(crate) port: Option<u16>,
    #[options(
        no_short,
        meta = "SOURCE",
        parse(try_from_str),
        help = "what it reads to begin with: folder (the default), or http for a status page"
    )]
    pub(crate) from: Source,
    #[options(
        no_short,
        meta = "FOLDER",
        help = "workspace to create it in, such as a copy of this one; by default this one"
    )]
    pub(crate) workspace: Option<String>,
    #[options(free, help = "name of the crate, such as redis-exporter")]
    pub(crate) name: Option<String>,
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|&port| port > 0);
    port.ok_or_else(|| format!("{text:?} is not a port; give one from 1 to 65535"))
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    #[test]
    fn one_name_and_one_port_are_accepted() {
        match parsed(&["new", "redis-exporter", "--port", "9121", "--from=http"]).unwrap() {
            Command::New(New { name, port, from, .. }) => {
                assert_eq!((name.as_deref(), port), (Some("redis-exporter"), Some(9121)));
                assert_eq!(from, Source::Http);
            }
            command => panic!("{command:?}"),
        }
        assert!(parsed(&["new", "a-exporter", "b-exporter"]).unwrap_err().contains("--help"));
        let error = parsed(&["new", "a-exporter", "--from", "ftp"]).unwrap_err();
        assert!(error.contains("give folder or http"), "{error}");
        for port in ["65536", "0", "x"] {
            let error = parsed(&["new", "a-exporter", "--port", port]).unwrap_err();
            assert!(error.contains("give one from 1 to 65535"), "{error}");
        }
    }
}
