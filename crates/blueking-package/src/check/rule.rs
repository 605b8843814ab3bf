//! A rule as data: each subject declares its own with [`rules!`], and every one of them is in the
//! list that [`rules`](super::rules) returns.

use serde::Serialize;

use super::finding::{Objection, Severity};

/// One thing that BlueKing asks of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its id: the subject, then what is wrong.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Who objects and when, the earliest stage first; in one finding it can be some of them.
    /// Empty for a rule of the check's own, which no reader is known to enforce.
    pub objections: &'static [Objection],
    /// What the rule asks for and why, in a sentence or two.
    pub text: &'static str,
}

/// Declares the rules of a subject. The doc comment is the rule's text; who objects stands behind
/// the stage at which it shows, with the code and the words of the answer where they are known:
///
/// ```text
/// rules! {
///     /// The version is two numbers.
///     VERSION_FORMAT = "version-format": Error, Import [V2 #3310002 says "…"], Lost [V1];
///     /// The archive is small. Nobody but this check asks for it.
///     ARCHIVE_BOMB = "archive-bomb": Error;
/// }
/// ```
macro_rules! rules {
    ($(
        $(#[doc = $text:literal])+
        $name:ident = $id:literal: $severity:ident
            $(, $stage:ident [$($reader:ident $(#$code:literal)? $(says $words:literal)?),+])*;
    )+) => {
        $(
            $(#[doc = $text])+
            pub(in crate::check) const $name: $crate::check::Rule = $crate::check::Rule {
                id: $id,
                severity: $crate::check::finding::Severity::$severity,
                objections: &[$($($crate::check::finding::Objection {
                    stage: $crate::check::finding::Stage::$stage,
                    reader: $crate::check::finding::Reader::$reader,
                    code: { let code: &[u32] = &[$($code)?]; code.first().copied() },
                    answer: concat!($($words)?),
                }),+),*],
                // Each line of a doc comment begins with a blank.
                text: concat!($($text),+).trim_ascii_start(),
            };
        )+

        /// The rules of this subject.
        pub(in crate::check) const RULES: &[$crate::check::rule::Rule] = &[$($name),+];
    };
}
pub(super) use rules;
