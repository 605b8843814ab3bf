//! Drafts the metrics of a package: Chinese names, units and groups. It reads no files and starts
//! no processes.

pub mod glossary;
pub mod group;
pub mod unit;
