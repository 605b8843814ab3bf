//! The time zone.
#![cfg_attr(windows, allow(unsafe_code, reason = "a Win32 call that std has no wrapper for"))]

/// The time zone that applies now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// The English name, such as "China Standard Time".
    pub(crate) name: String,
    /// How far it is ahead of UTC, in seconds.
    pub(crate) offset: i32,
}

/// Calls `GetDynamicTimeZoneInformation`; `None` if it fails.
#[cfg(windows)]
pub(crate) fn zone() -> Option<Zone> {
    use windows_sys::Win32::System::Time::{
        DYNAMIC_TIME_ZONE_INFORMATION, GetDynamicTimeZoneInformation,
    };
    let mut info = DYNAMIC_TIME_ZONE_INFORMATION::default();
    // SAFETY: the struct is live.
    let season = unsafe { GetDynamicTimeZoneInformation(&raw mut info) };
    let offset = offset(season, info.Bias, info.StandardBias, info.DaylightBias)?;
    // A zone that was set by hand has only a translated name.
    let names = [super::text(&info.TimeZoneKeyName), super::text(&info.StandardName)];
    Some(Zone { name: names.into_iter().find(|name| !name.is_empty())?, offset })
}

/// The offset in seconds for biases in minutes, which are what UTC is ahead of the local time.
fn offset(season: u32, bias: i32, standard: i32, daylight: i32) -> Option<i32> {
    let seasonal = match season {
        // A zone without daylight saving time.
        0 => 0,
        1 => standard,
        2 => daylight,
        _ => return None,
    };
    Some(-60 * (bias + seasonal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_ahead_of_utc() {
        assert_eq!(offset(0, -480, 0, -60), Some(28_800));
        assert_eq!(offset(1, 300, 0, -60), Some(-18_000));
        assert_eq!(offset(2, 300, 0, -60), Some(-14_400));
        assert_eq!(offset(u32::MAX, 0, 0, 0), None);
    }
}
