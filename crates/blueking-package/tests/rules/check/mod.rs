//! The check of packages: each rule on its own, hostile archives, randomly damaged archives, updates.

pub(crate) mod earlier;
mod hostile;
mod objections;
mod plugin_files;
mod plugin_parameters;
mod robustness;
pub(crate) mod table;
mod zip51;
