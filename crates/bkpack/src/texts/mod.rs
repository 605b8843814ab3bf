//! The catalogue: the texts for people of this tool, in English and Chinese. One file for each part
//! of it.

pub(crate) mod help;
pub(crate) mod rehearse;

#[cfg(test)]
mod tests {
    use blueking_package::language::incomplete;

    #[test]
    fn every_text_is_in_both_languages() {
        let texts = [super::help::TEXTS, super::rehearse::TEXTS].concat();
        assert_eq!(incomplete(&texts), [""; 0]);
    }
}
