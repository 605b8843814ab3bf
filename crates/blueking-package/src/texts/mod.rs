//! The catalogue: the texts for people of this crate, in English and Chinese. One file for each part
//! of the crate; findings and problems are short and name what to do.

pub(crate) mod agent;
pub(crate) mod check;
pub(crate) mod check_archive;
pub(crate) mod check_config;
pub(crate) mod check_executable;
pub(crate) mod check_layout;
pub(crate) mod check_meta;
pub(crate) mod check_metrics;
pub(crate) mod check_zip51;
pub(crate) mod folder;
pub(crate) mod sources;
pub(crate) mod sources_files;
pub(crate) mod sources_plugin;
pub(crate) mod sources_v51;

use crate::Language;

/// Names as a list within a sentence.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    names.join(match Language::current() {
        Language::English => ", ",
        Language::Chinese => "、",
    })
}

/// Two clauses as one sentence, without the full stop.
pub(crate) fn clauses(first: &str, second: &str) -> String {
    match Language::current() {
        Language::English => format!("{first}; {second}"),
        Language::Chinese => format!("{first}；{second}"),
    }
}

/// The places of a problem and its text as one line; empty places are left out.
pub(crate) fn located(places: &[&str], text: &str) -> String {
    let colon = match Language::current() {
        Language::English => ": ",
        Language::Chinese => "：",
    };
    let places: String =
        places.iter().filter(|place| !place.is_empty()).flat_map(|place| [*place, colon]).collect();
    places + text
}

/// What is wrong and the correction, as a whole sentence.
pub(crate) fn sentence(message: &str, advice: &str) -> String {
    let end = match Language::current() {
        Language::English => ".",
        Language::Chinese => "。",
    };
    clauses(message, advice) + end
}

#[cfg(test)]
mod tests {
    use crate::catalogue::incomplete;

    #[test]
    fn every_text_is_in_both_languages() {
        let texts = [
            super::agent::TEXTS,
            super::check::TEXTS,
            super::check_archive::TEXTS,
            super::check_config::TEXTS,
            super::check_executable::TEXTS,
            super::check_layout::TEXTS,
            super::check_meta::TEXTS,
            super::check_metrics::TEXTS,
            super::check_zip51::TEXTS,
            super::folder::TEXTS,
            super::sources::TEXTS,
            super::sources_files::TEXTS,
            super::sources_plugin::TEXTS,
            super::sources_v51::TEXTS,
        ]
        .concat();
        assert_eq!(incomplete(&texts), [""; 0]);
    }
}
