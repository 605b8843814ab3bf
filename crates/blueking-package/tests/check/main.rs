//! Integration tests of the check: packages that violate one rule, hostile archives, randomly
//! damaged archives.

// The attribute marks helpers as test code for clippy.
#[cfg(test)]
mod builder;
#[cfg(test)]
mod chinese;
#[cfg(test)]
mod earlier;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod objections;
#[cfg(test)]
mod plugin_files;
#[cfg(test)]
mod plugin_parameters;
#[cfg(test)]
mod robustness;
#[cfg(test)]
#[path = "../samples/mod.rs"]
mod samples;
#[cfg(test)]
mod table;
#[cfg(test)]
mod zip51;
