//! `bkpack init`: drafts a package of an exporter from its executables, its help and its page.

pub mod help;
pub mod metrics;
