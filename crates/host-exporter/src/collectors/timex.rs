//! How the kernel keeps the clock right: adjtimex(2), read and never set.
#![allow(unsafe_code, reason = "a system call that no crate wraps")]

use exporter_kit::{CollectError, CollectorDef, Counter, Gauge, Samples, Unit};

use super::node::{counter, gauge};

const OFFSET: Gauge = gauge(
    "node_timex_offset_seconds",
    "时钟偏差",
    "Offset of the system clock from the reference that it follows.",
)
.unit(Unit::Seconds);
const FREQUENCY: Gauge = gauge(
    "node_timex_frequency_adjustment_ratio",
    "时钟频率修正比",
    "How fast the system clock is made to run, against its own rate.",
)
.unit(Unit::Ratio);
const MAX_ERROR: Gauge =
    gauge("node_timex_maxerror_seconds", "最大时钟误差", "Largest error that the clock can have.")
        .unit(Unit::Seconds);
const ESTIMATED_ERROR: Gauge = gauge(
    "node_timex_estimated_error_seconds",
    "估计时钟误差",
    "Error that the clock is estimated to have.",
)
.unit(Unit::Seconds);
const STATUS: Gauge =
    gauge("node_timex_status", "时钟状态位", "Status bits of the clock, STA_* of adjtimex(2).");
const LOOP_TIME_CONSTANT: Gauge = gauge(
    "node_timex_loop_time_constant",
    "锁相环时间常数",
    "How slowly the clock follows its reference: the time constant of the phase-locked loop.",
);
const TICK: Gauge =
    gauge("node_timex_tick_seconds", "时钟滴答间隔", "Time between two ticks of the clock.")
        .unit(Unit::Seconds);
const PPS_FREQUENCY: Gauge = gauge(
    "node_timex_pps_frequency_hertz",
    "PPS频率",
    "Frequency of a signal that comes each second.",
)
.unit(Unit::Hertz);
const PPS_JITTER: Gauge = gauge(
    "node_timex_pps_jitter_seconds",
    "PPS抖动",
    "Jitter of the signal that comes each second.",
)
.unit(Unit::Seconds);
const PPS_SHIFT: Gauge = gauge(
    "node_timex_pps_shift_seconds",
    "PPS测量间隔",
    "Time over which the signal is measured, as the kernel tells it.",
)
.unit(Unit::Seconds);
const PPS_STABILITY: Gauge =
    gauge("node_timex_pps_stability_hertz", "PPS稳定度", "How steady the signal's frequency is.")
        .unit(Unit::Hertz);
const PPS_JITTER_COUNT: Counter = counter(
    "node_timex_pps_jitter_total",
    "PPS抖动超限次数",
    "Signals whose jitter was too large.",
);
const PPS_CALIBRATIONS: Counter = counter(
    "node_timex_pps_calibration_total",
    "PPS校准次数",
    "Measurements of the signal's frequency.",
);
const PPS_ERRORS: Counter = counter(
    "node_timex_pps_error_total",
    "PPS校准错误次数",
    "Measurements of the signal's frequency that failed.",
);
const PPS_UNSTABLE: Counter = counter(
    "node_timex_pps_stability_exceeded_total",
    "PPS稳定度超限次数",
    "Measurements that found the signal's frequency unsteady.",
);
const TAI: Gauge = gauge(
    "node_timex_tai_offset_seconds",
    "TAI偏差",
    "How far atomic time is ahead of the clock, in leap seconds.",
)
.unit(Unit::Seconds);
const SYNC: Gauge = gauge(
    "node_timex_sync_status",
    "时钟是否同步",
    "Whether the clock is synchronised with a reliable server (1) or not (0).",
);

pub(super) const DEF: CollectorDef = CollectorDef::from_fn(
    "timex",
    "时钟同步",
    "How the kernel keeps the clock right.",
    &[
        &OFFSET,
        &FREQUENCY,
        &MAX_ERROR,
        &ESTIMATED_ERROR,
        &STATUS,
        &LOOP_TIME_CONSTANT,
        &TICK,
        &PPS_FREQUENCY,
        &PPS_JITTER,
        &PPS_SHIFT,
        &PPS_STABILITY,
        &PPS_JITTER_COUNT,
        &PPS_CALIBRATIONS,
        &PPS_ERRORS,
        &PPS_UNSTABLE,
        &TAI,
        &SYNC,
    ],
    |out| {
        let (state, timex) = read()?;
        to_samples(state, &timex, out);
        Ok(())
    },
)
.source("adjtimex(2)");

/// Frequencies are in parts per million with 16 binary places.
const PPM_16: f64 = 1e6 * 65536.0;
const MICROSECONDS: f64 = 1e6;
const NANOSECONDS: f64 = 1e9;

fn read() -> Result<(libc::c_int, libc::timex), CollectError> {
    // SAFETY: all fields are numbers, for which 0 is a value; `modes` 0 asks for nothing to be set.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a timex that lives longer than the call.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    match state {
        // A container may forbid even to look.
        -1 => match std::io::Error::last_os_error() {
            error if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Err(CollectError::Unsupported)
            }
            error => Err(CollectError::context("adjtimex", error)),
        },
        state => Ok((state, timex)),
    }
}

fn to_samples(state: libc::c_int, timex: &libc::timex, out: &mut Samples) {
    let parts = if timex.status & libc::STA_NANO != 0 { NANOSECONDS } else { MICROSECONDS };
    for (metric, value) in [
        (&OFFSET, timex.offset as f64 / parts),
        (&FREQUENCY, 1.0 + timex.freq as f64 / PPM_16),
        (&MAX_ERROR, timex.maxerror as f64 / MICROSECONDS),
        (&ESTIMATED_ERROR, timex.esterror as f64 / MICROSECONDS),
        (&STATUS, f64::from(timex.status)),
        (&LOOP_TIME_CONSTANT, timex.constant as f64),
        (&TICK, timex.tick as f64 / MICROSECONDS),
        (&PPS_FREQUENCY, timex.ppsfreq as f64 / PPM_16),
        (&PPS_JITTER, timex.jitter as f64 / parts),
        (&PPS_SHIFT, f64::from(timex.shift)),
        (&PPS_STABILITY, timex.stabil as f64 / PPM_16),
        (&TAI, f64::from(timex.tai)),
        (&SYNC, f64::from(u8::from(state != libc::TIME_ERROR))),
    ] {
        out.set(metric, [], value);
    }
    for (metric, value) in [
        (&PPS_JITTER_COUNT, timex.jitcnt),
        (&PPS_CALIBRATIONS, timex.calcnt),
        (&PPS_ERRORS, timex.errcnt),
        (&PPS_UNSTABLE, timex.stbcnt),
    ] {
        out.set(metric, [], value as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_seconds_and_ratios() {
        let (_, mut timex) = read().unwrap();
        timex.offset = -1500;
        timex.freq = 65536 * 10;
        timex.maxerror = 250;
        timex.tick = 10_000;
        timex.jitcnt = 7;
        for (status, offset) in [(0, -0.0015), (libc::STA_NANO, -0.000_001_5)] {
            timex.status = status;
            let mut out = Samples::default();
            to_samples(libc::TIME_ERROR, &timex, &mut out);
            assert_eq!(out.value(&OFFSET, []), Some(offset));
            assert_eq!(out.value(&FREQUENCY, []), Some(1.00001));
            assert_eq!(out.value(&MAX_ERROR, []), Some(0.00025));
            assert_eq!(out.value(&TICK, []), Some(0.01));
            assert_eq!(out.value(&PPS_JITTER_COUNT, []), Some(7.0));
            assert_eq!(out.value(&SYNC, []), Some(0.0));
        }
        let mut out = Samples::default();
        to_samples(0, &timex, &mut out);
        assert_eq!(out.value(&SYNC, []), Some(1.0));
    }
}
