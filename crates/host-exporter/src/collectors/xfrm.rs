//! Packets that IPsec could not handle: `/proc/net/xfrm_stat`.

use exporter_kit::{CollectError, CollectorDef, Field, Fields, Samples};

use super::node::counter;
use crate::host::proc_file;
use crate::text::{fields, lines, number};

/// In the order of the file.
const FIELDS: &[Field] = &[
    packets(
        "XfrmInError",
        "node_xfrm_in_error_packets_total",
        "入向其他错误包数",
        "Packets received with an error of no kind below.",
    ),
    packets(
        "XfrmInBufferError",
        "node_xfrm_in_buffer_error_packets_total",
        "入向缓冲不足包数",
        "Packets received without a buffer left.",
    ),
    packets(
        "XfrmInHdrError",
        "node_xfrm_in_hdr_error_packets_total",
        "入向报头错误包数",
        "Packets received with a wrong header.",
    ),
    packets(
        "XfrmInNoStates",
        "node_xfrm_in_no_states_packets_total",
        "入向无状态包数",
        "Packets received for which there is no state.",
    ),
    packets(
        "XfrmInStateProtoError",
        "node_xfrm_in_state_proto_error_packets_total",
        "入向协议错误包数",
        "Packets received that could not be decrypted or verified.",
    ),
    packets(
        "XfrmInStateModeError",
        "node_xfrm_in_state_mode_error_packets_total",
        "入向模式错误包数",
        "Packets received in another mode than their state.",
    ),
    packets(
        "XfrmInStateSeqError",
        "node_xfrm_in_state_seq_error_packets_total",
        "入向序号错误包数",
        "Packets received with a number outside of the window.",
    ),
    packets(
        "XfrmInStateExpired",
        "node_xfrm_in_state_expired_packets_total",
        "入向状态过期包数",
        "Packets received whose state has expired.",
    ),
    packets(
        "XfrmInStateMismatch",
        "node_xfrm_in_state_mismatch_packets_total",
        "入向状态不符包数",
        "Packets received that do not fit their state.",
    ),
    packets(
        "XfrmInStateInvalid",
        "node_xfrm_in_state_invalid_packets_total",
        "入向状态无效包数",
        "Packets received whose state is not valid.",
    ),
    packets(
        "XfrmInTmplMismatch",
        "node_xfrm_in_tmpl_mismatch_packets_total",
        "入向模板不符包数",
        "Packets received that fit no template of their policy.",
    ),
    packets(
        "XfrmInNoPols",
        "node_xfrm_in_no_pols_packets_total",
        "入向无策略包数",
        "Packets received for whose state there is no policy.",
    ),
    packets(
        "XfrmInPolBlock",
        "node_xfrm_in_pol_block_packets_total",
        "入向策略阻断包数",
        "Packets received that a policy drops.",
    ),
    packets(
        "XfrmInPolError",
        "node_xfrm_in_pol_error_packets_total",
        "入向策略错误包数",
        "Packets received whose policy is damaged.",
    ),
    packets(
        "XfrmOutError",
        "node_xfrm_out_error_packets_total",
        "出向其他错误包数",
        "Packets to send with an error of no kind below.",
    ),
    packets(
        "XfrmOutBundleGenError",
        "node_xfrm_out_bundle_gen_error_packets_total",
        "出向束生成错误包数",
        "Packets to send whose way could not be made.",
    ),
    packets(
        "XfrmOutBundleCheckError",
        "node_xfrm_out_bundle_check_error_packets_total",
        "出向束检查错误包数",
        "Packets to send whose way is not valid.",
    ),
    packets(
        "XfrmOutNoStates",
        "node_xfrm_out_no_states_packets_total",
        "出向无状态包数",
        "Packets to send for which there is no state.",
    ),
    packets(
        "XfrmOutStateProtoError",
        "node_xfrm_out_state_proto_error_packets_total",
        "出向协议错误包数",
        "Packets that could not be encrypted.",
    ),
    packets(
        "XfrmOutStateModeError",
        "node_xfrm_out_state_mode_error_packets_total",
        "出向模式错误包数",
        "Packets to send too long for their mode.",
    ),
    packets(
        "XfrmOutStateSeqError",
        "node_xfrm_out_state_seq_error_packets_total",
        "出向序号错误包数",
        "Packets to send when numbers have run out.",
    ),
    packets(
        "XfrmOutStateExpired",
        "node_xfrm_out_state_expired_packets_total",
        "出向状态过期包数",
        "Packets to send whose state has expired.",
    ),
    packets(
        "XfrmOutPolBlock",
        "node_xfrm_out_pol_block_packets_total",
        "出向策略阻断包数",
        "Packets to send that a policy drops.",
    ),
    packets(
        "XfrmOutPolDead",
        "node_xfrm_out_pol_dead_packets_total",
        "出向策略失效包数",
        "Packets to send whose policy is gone.",
    ),
    packets(
        "XfrmOutPolError",
        "node_xfrm_out_pol_error_packets_total",
        "出向策略错误包数",
        "Packets to send whose policy is damaged.",
    ),
    packets(
        "XfrmFwdHdrError",
        "node_xfrm_fwd_hdr_error_packets_total",
        "转发报头错误包数",
        "Packets to pass on with a wrong header.",
    ),
    packets(
        "XfrmOutStateInvalid",
        "node_xfrm_out_state_invalid_packets_total",
        "出向状态无效包数",
        "Packets to send whose state is not valid.",
    ),
    packets(
        "XfrmAcquireError",
        "node_xfrm_acquire_error_packets_total",
        "获取状态错误包数",
        "Packets for which a state could not be asked for.",
    ),
];

pub(super) const DEF: CollectorDef =
    CollectorDef::new("xfrm", "IPsec", "Packets that IPsec could not handle.", &[], |settings| {
        proc_file(settings, "net/xfrm_stat", to_samples)
    })
    .fields(&[FIELDS])
    .source("/proc/net/xfrm_stat")
    .off_by_default();

const fn packets(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::counter(key, counter(name, zh, help))
}

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut table = Fields::of(FIELDS);
    for line in lines(text) {
        let mut line = fields(line);
        if let (Some(key), Some(value)) = (line.next(), line.next().and_then(number)) {
            table.set(key, value, out);
        }
    }
    if out.is_empty() { Err("no field of /proc/net/xfrm_stat is known".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_lines_become_counters() {
        let mut out = Samples::default();
        let text =
            b"XfrmInError             \t3677\nXfrmNovel 1\nXfrmInNoPols x\nXfrmAcquireError 4\n\
            XfrmOutError 1";
        to_samples(text, &mut out).unwrap();
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected =
            ["node_xfrm_acquire_error_packets_total 4", "node_xfrm_in_error_packets_total 3677"];
        assert_eq!(samples, expected);
        assert!(to_samples(b"XfrmNovel 1\n", &mut Samples::default()).is_err());
    }
}
