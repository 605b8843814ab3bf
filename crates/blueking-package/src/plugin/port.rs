//! Port allocation of a site for an exporter whose form leaves the port empty.

/// First candidate after the plugin's own port.
const FIRST: u16 = 10_000;

/// The first unused port: the plugin's own, then from 10000 upward. `None` if all are in use. A
/// port that an operator entered is used without allocation.
///
/// ```
/// use blueking_package::plugin::allocate_port;
///
/// let taken = [9601, 10000];
/// assert_eq!(allocate_port(9601, |port| taken.contains(&port)), Some(10001));
/// ```
pub fn allocate_port(own: u16, mut is_used: impl FnMut(u16) -> bool) -> Option<u16> {
    [own].into_iter().chain(FIRST..=u16::MAX).find(|&port| !is_used(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_port_comes_first() {
        for (taken, expected) in [
            (&[][..], Some(9601)),
            (&[9601], Some(10_000)),
            (&[9601, 10_000, 10_002], Some(10_001)),
        ] {
            assert_eq!(allocate_port(9601, |port| taken.contains(&port)), expected, "{taken:?}");
        }
        assert_eq!(allocate_port(9601, |port| port != u16::MAX), Some(u16::MAX));
        assert_eq!(allocate_port(9601, |_| true), None);
    }
}
