//! Entry points for fuzzing. Each function passes arbitrary bytes to one parser and panics if the
//! result is inconsistent. Not part of the API.

pub use crate::settings::fuzzing::{argv, config_file};
#[cfg(feature = "web-config")]
pub use crate::web::fuzzing::web_config;
pub use crate::web::fuzzing::{accept_headers, request_head};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Runs every input of the seed corpus of a target.
    fn replay(target: &str, check: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
        let mut inputs = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            check(&fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs > 5, "{target} has only {inputs} inputs");
    }

    #[test]
    fn request_heads() {
        replay("request_head", super::request_head);
    }

    #[test]
    fn accept_headers() {
        replay("accept_headers", super::accept_headers);
    }

    #[test]
    fn arguments() {
        replay("argv", super::argv);
    }

    #[test]
    #[cfg(feature = "web-config")]
    fn web_configs() {
        replay("web_config", super::web_config);
    }

    #[test]
    fn config_files() {
        replay("config_file", super::config_file);
    }
}
