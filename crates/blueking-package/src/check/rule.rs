//! A rule as data: each subject declares its own with [`rules!`], and every one of them is in the
//! list that [`rules`](super::rules) returns.

use serde::Serialize;

use super::finding::{Reader, Severity, Stage};

/// One thing that BlueKing asks of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its id: the subject, then what is wrong.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Who objects.
    pub readers: &'static [Reader],
    /// When it shows.
    pub stage: Stage,
    /// The error code that the server answers with, where it has one.
    pub code: Option<u32>,
    /// What the server says, in its own words, where they are known.
    pub answer: &'static str,
    /// What the rule asks for and why, in a sentence or two.
    pub text: &'static str,
}

/// Declares the rules of a subject. The doc comment is the rule's text:
///
/// ```text
/// rules! {
///     /// The version is two numbers.
///     VERSION_FORMAT = "version-format": Error by [V1, V2] at Import, says 3310002 "…";
/// }
/// ```
macro_rules! rules {
    ($(
        $(#[doc = $text:literal])+
        $name:ident = $id:literal: $severity:ident by [$($reader:ident),+] at $stage:ident
            $(, says $code:literal $answer:literal)? $(, answers $words:literal)?;
    )+) => {
        $(
            $(#[doc = $text])+
            pub(in crate::check) const $name: $crate::check::Rule = $crate::check::Rule {
                id: $id,
                severity: $crate::check::finding::Severity::$severity,
                readers: &[$($crate::check::finding::Reader::$reader),+],
                stage: $crate::check::finding::Stage::$stage,
                code: { let code: &[u32] = &[$($code)?]; code.first().copied() },
                answer: concat!($($answer,)? $($words)?),
                // Each line of a doc comment begins with a blank.
                text: concat!($($text),+).trim_ascii_start(),
            };
        )+

        /// The rules of this subject.
        pub(in crate::check) const RULES: &[$crate::check::rule::Rule] = &[$($name),+];
    };
}
pub(super) use rules;
