//! The command line of `new`.

use gumdrop::Options;

/// Makes a new exporter, which builds, passes its tests and packs as it is.
#[derive(Debug, Default, Options)]
pub(crate) struct New {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        meta = "PORT",
        help = "where it listens, 1 to 65535; without this a port that no exporter here has"
    )]
    pub(crate) port: Option<u16>,
    #[options(free, help = "name of the crate, such as redis-exporter")]
    pub(crate) name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    #[test]
    fn one_name_and_a_port_are_taken() {
        match parsed(&["new", "redis-exporter", "--port", "9121"]).unwrap() {
            Command::New(New { name, port, .. }) => {
                assert_eq!((name.as_deref(), port), (Some("redis-exporter"), Some(9121)));
            }
            command => panic!("{command:?}"),
        }
        assert!(parsed(&["new", "a-exporter", "b-exporter"]).unwrap_err().contains("--help"));
        assert!(parsed(&["new", "a-exporter", "--port=65536"]).unwrap_err().contains("port"));
    }
}
