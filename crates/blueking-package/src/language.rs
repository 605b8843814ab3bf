//! The language of texts for people. It belongs to the process, like a locale.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_CHINESE: AtomicBool = AtomicBool::new(false);

/// A language of the texts for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The default.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Makes it the language of the texts that are created from now on.
    pub fn select(self) {
        IS_CHINESE.store(self == Self::Chinese, Ordering::Relaxed);
    }

    /// The selected language.
    pub fn current() -> Self {
        if IS_CHINESE.load(Ordering::Relaxed) { Self::Chinese } else { Self::English }
    }

    /// The language of a locale such as `zh_CN.UTF-8` or `zh-Hans-CN`: English unless it is
    /// Chinese.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Chinese } else { Self::English }
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" => Ok(Self::English),
            "zh" => Ok(Self::Chinese),
            _ => Err(format!("{text:?} is not one of zh, en")),
        }
    }
}

/// Declares the texts of a part of the program in both languages, each as a function that returns
/// it in the [current](Language::current) one:
///
/// ```
/// blueking_package::texts! {
///     /// A folder was given in place of a file.
///     is_folder(path: &str) =
///         "{path} is a folder; give the file in it",
///         "{path} 是文件夹，请指定其中的文件";
/// }
///
/// assert_eq!(is_folder("a"), "a is a folder; give the file in it");
/// ```
///
/// The arguments are those of `format!`. `TEXTS` lists all texts of the block, for tests.
#[macro_export]
macro_rules! texts {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),* $(,)?) = $english:literal, $chinese:literal;
    )+) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name($($argument: $type),*) -> String {
                match $crate::Language::current() {
                    $crate::Language::English => format!($english),
                    $crate::Language::Chinese => format!($chinese),
                }
            }
        )+

        /// Name, English and Chinese text of each function.
        #[cfg(test)]
        pub(crate) const TEXTS: &[(&str, &str, &str)] =
            &[$((stringify!($name), $english, $chinese)),+];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale_selects_the_language() {
        for (locale, language) in [
            ("zh_CN.UTF-8", Language::Chinese),
            ("zh-Hans-CN", Language::Chinese),
            ("ZH", Language::Chinese),
            ("en_US.UTF-8", Language::English),
            ("C", Language::English),
            ("", Language::English),
            ("zhe", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}
