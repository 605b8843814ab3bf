//! The catalogue: the texts for people of this crate, in English and Chinese. One file for each part
//! of the crate; findings and problems are short and name what to do.

pub(crate) mod check;
pub(crate) mod folder;
pub(crate) mod sources;

#[cfg(test)]
mod tests {
    use crate::language::incomplete;

    #[test]
    fn every_text_is_in_both_languages() {
        let texts = [super::check::TEXTS, super::folder::TEXTS, super::sources::TEXTS].concat();
        assert_eq!(incomplete(&texts), [""; 0]);
    }
}
