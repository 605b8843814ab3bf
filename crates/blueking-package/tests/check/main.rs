//! The check from outside: packages that are broken in one way, archives that mean harm, archives
//! that were damaged at random.

// The attribute tells clippy that helpers, too, are test code.
#[cfg(test)]
mod builder;
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
