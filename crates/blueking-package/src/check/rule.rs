//! Rules as data: each subject declares its rules with [`rules!`], and [`rules`](super::rules)
//! returns all of them.

use serde::Serialize;

use super::finding::{Objection, Severity};

/// A requirement on packages.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rule {
    /// Id: the subject, then the violation.
    pub id: &'static str,
    /// Severity of a violation. A violation of an error's rule that no consumer objects to may be a
    /// warning.
    pub severity: Severity,
    /// Objections, the earliest stage first; a finding may have only some of them. Empty for a rule
    /// that only this check enforces.
    pub objections: &'static [Objection],
    /// The requirement and its reason, in one or two sentences.
    pub text: &'static str,
    /// The correction, unless it depends on the finding.
    #[serde(skip)]
    pub(super) advice: Option<fn() -> String>,
}

/// Declares the rules of a subject. The doc comment is the text of the rule. Each stage lists the
/// consumers that object, with the error code and message of the server if known. The correction
/// stands after `=>`, unless it depends on the finding:
///
/// ```text
/// rules! {
///     /// The version is two numbers.
///     VERSION_FORMAT = "version-format": Error,
///         Import [V2 #3310002 says "…"], SilentlyDropped [V1] => texts::version_advice;
///     /// The archive is small. Only this check enforces it.
///     ARCHIVE_BOMB = "archive-bomb": Error;
/// }
/// ```
macro_rules! rules {
    ($(
        $(#[doc = $text:literal])+
        $name:ident = $id:literal: $severity:ident
            $(, $stage:ident [$($consumer:ident $(#$code:literal)? $(says $words:literal)?),+])*
            $(=> $advice:path)?;
    )+) => {
        $(
            $(#[doc = $text])+
            pub(in crate::check) const $name: $crate::check::Rule = $crate::check::Rule {
                id: $id,
                severity: $crate::check::finding::Severity::$severity,
                objections: &[$($($crate::check::finding::Objection {
                    stage: $crate::check::finding::Stage::$stage,
                    consumer: $crate::check::finding::Consumer::$consumer,
                    code: { let code: &[u32] = &[$($code)?]; code.first().copied() },
                    answer: concat!($($words)?),
                }),+),*],
                // Each line of a doc comment starts with a space.
                text: concat!($($text),+).trim_ascii_start(),
                advice: { let advice: &[fn() -> String] = &[$($advice)?]; advice.first().copied() },
            };
        )+

        /// The rules of this subject.
        pub(in crate::check) const RULES: &[$crate::check::rule::Rule] = &[$($name),+];
    };
}
pub(super) use rules;
