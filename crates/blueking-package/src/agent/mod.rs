//! How BlueKing processes an exporter's metrics page: how the agent (bkmonitorbeat) reads it, which
//! metrics a package declares, and what the debug page (调试) shows. This module starts no process
//! and uses no network.
//!
//! ```
//! use blueking_package::agent::{Page, Trouble};
//!
//! let page = Page::read(b"# HELP up Whether it is up.\nup 1\nlag_seconds NaN\n");
//! assert_eq!(page.samples[0].name, "up");
//! assert_eq!(page.troubles[0].trouble, Trouble::NotFinite);
//! assert_eq!(page.code(), 2502);
//! ```

mod compare;
mod line;
mod page;
mod preview;

pub use compare::{Declared, DeclaredGroup, Difference, compare};
pub use line::Sample;
pub use page::{LINE_LIMIT, Line, Page, Trouble};
pub use preview::{DEBUG_LOG_LIMIT, DEBUG_SECONDS, Preview, PreviewDimension, PreviewRow};
