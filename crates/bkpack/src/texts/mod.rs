//! The catalogue: the texts for people of this tool, in English and Chinese. One file for each part
//! of it.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod help;
pub(crate) mod html;
pub(crate) mod init;
pub(crate) mod numbers;
pub(crate) mod programs;
pub(crate) mod rehearse;
pub(crate) mod rehearse_page;
pub(crate) mod rehearse_steps;

use std::borrow::Borrow;
use std::fmt::Display;
use std::{io, iter};

use blueking_package::Language;

/// Joins names to a list.
pub(crate) fn list<T: Borrow<str>>(names: &[T]) -> String {
    join(names, ", ", "、")
}

/// The first names, and the number of the others.
pub(crate) fn first_names<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    const SHOWN: usize = 8;
    let count = names.len();
    let shown: Vec<&str> = names.take(SHOWN).map(String::as_str).collect();
    let shown = list(&shown);
    if count > SHOWN { init::and_more(&shown, count - SHOWN) } else { shown }
}

/// Joins the clauses of a sentence.
pub(crate) fn clauses<T: Borrow<str>>(clauses: &[T]) -> String {
    join(clauses, ", ", "，")
}

/// Joins the parts of a sentence, which have commas themselves.
pub(crate) fn parts<T: Borrow<str>>(parts: &[T]) -> String {
    join(parts, "; ", "；")
}

/// A text after the name of what it is about.
pub(crate) fn labelled(name: impl Display, text: impl Display) -> String {
    match Language::current() {
        Language::English => format!("{name}: {text}"),
        Language::Chinese => format!("{name}：{text}"),
    }
}

fn join<T: Borrow<str>>(items: &[T], english: &str, chinese: &str) -> String {
    items.join(match Language::current() {
        Language::English => english,
        Language::Chinese => chinese,
    })
}

/// A name with a remark.
pub(crate) fn remarked(name: &str, remark: &str) -> String {
    match Language::current() {
        Language::English => format!("{name} ({remark})"),
        Language::Chinese => format!("{name}（{remark}）"),
    }
}

/// The error of the operating system in the current language, if it is a common one.
pub(crate) fn os_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => programs::no_such_file(),
        io::ErrorKind::PermissionDenied => programs::no_permission(),
        io::ErrorKind::IsADirectory => programs::is_a_folder(),
        io::ErrorKind::StorageFull => programs::disk_full(),
        io::ErrorKind::InvalidData => programs::not_utf8(),
        _ => error.to_string(),
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let cause = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(error) => os_error(error),
        None => cause.to_string(),
    };
    let causes: Vec<String> = error.chain().map(cause).collect();
    causes.join(match Language::current() {
        Language::English => ": ",
        Language::Chinese => "：",
    })
}

/// A text padded to a width in columns of a terminal, where a Chinese character takes two.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let columns: usize = text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum();
    text.chars().chain(iter::repeat_n(' ', width.saturating_sub(columns))).collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::incomplete;

    use super::*;

    #[test]
    fn every_text_is_in_both_languages() {
        let texts = [
            build::TEXTS,
            check::TEXTS,
            help::TEXTS,
            html::TEXTS,
            init::TEXTS,
            numbers::TEXTS,
            programs::TEXTS,
            rehearse::TEXTS,
            rehearse_page::TEXTS,
            rehearse_steps::TEXTS,
        ];
        let texts = texts.concat();
        assert_eq!(incomplete(&texts), [""; 0]);
    }

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(padded("警告", 7), "警告   ");
        assert_eq!(padded("error", 7), "error  ");
        assert_eq!(padded("too long", 7), "too long");
    }
}
