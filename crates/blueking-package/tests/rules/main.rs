//! The rules of the package formats, on their sources and on archives: packages that violate one
//! rule, hostile and randomly damaged archives, round trips, and the texts in Chinese.

// The attribute marks helpers as test code for clippy.
#[cfg(test)]
mod check;
#[cfg(test)]
mod chinese;
#[cfg(test)]
mod plugin;
#[cfg(test)]
mod support;
#[cfg(test)]
mod v51;
