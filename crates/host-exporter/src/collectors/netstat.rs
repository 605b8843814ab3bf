//! What the protocols count: `/proc/net/netstat`, `/proc/net/snmp` and `/proc/net/snmp6`.

mod fields;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Fields, Filter, Flag, KeptFile, Pattern, Samples,
    ScheduledCollector, UntypedPattern,
};

use self::fields::FIELDS;
use super::node::NODE_EXPORTER;
use crate::host::Host;
use crate::text::{fields, lines, number};
use crate::wanted::Known;

/// What else the flag may ask for.
const OTHERS: UntypedPattern =
    UntypedPattern::new("node_netstat_", "Field {} of the kernel's network statistics.")
        .zh("其他网络协议指标")
        .compatible_with(NODE_EXPORTER);

const WANTED: Flag<Pattern> = Flag::pattern(
    "collector.netstat.fields",
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)\
     |TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)\
     |Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)\
     |Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
    "Fields to expose, as protocol and name.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "netstat",
    "网络协议",
    "Counters of IP, ICMP, TCP and UDP.",
    &[],
    |settings| {
        let host = Host::new(settings);
        let filter = || Filter::new(settings.get(&WANTED).cloned(), None);
        let netstat = NetStat {
            tables: ["net/netstat", "net/snmp"].map(|path| Table {
                file: KeptFile::new(host.proc(path)).short_lines(),
                filter: filter(),
                protocols: Vec::new(),
            }),
            list: List {
                file: KeptFile::new(host.proc("net/snmp6")),
                filter: filter(),
                names: Known::new(),
            },
        };
        Ok(ScheduledCollector::on_scrape(netstat))
    },
)
.fields(&[FIELDS])
.patterns(&[&OTHERS])
.flags(&[&WANTED])
.source("/proc/net/netstat, /proc/net/snmp, /proc/net/snmp6");

/// Collects what protocols count.
struct NetStat {
    tables: [Table; 2],
    list: List,
}

/// A file of lines that come in twos: `Tcp: names`, and `Tcp: numbers`.
struct Table {
    file: KeptFile,
    filter: Filter,
    protocols: Vec<Protocol>,
}

/// Which fields of a protocol are wanted, as long as the kernel names the same.
struct Protocol {
    /// The line of names that this is about.
    names: String,
    /// The places of wanted fields in the line, and their whole names.
    wanted: Vec<(usize, String)>,
}

/// A file of lines of `Ip6InReceives 1`.
struct List {
    file: KeptFile,
    filter: Filter,
    /// The whole names of fields that are wanted, by the kernel's.
    names: Known<Option<String>>,
}

impl Collector for NetStat {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let Self { tables, list } = self;
        let mut is_empty = true;
        for Table { file, filter, protocols } in tables {
            table(file.read()?, filter, protocols, out);
            is_empty &= protocols.is_empty();
        }
        // A kernel without IPv6 does not have it.
        match list.file.read_if_exists() {
            Ok(text) => pairs(text, &list.filter, &mut list.names, out),
            Err(CollectError::NoData) => {}
            Err(error) => return Err(error),
        }
        // Whatever the flag asks for, the files must have made sense.
        if is_empty { Err("no field of /proc/net/netstat can be read".into()) } else { Ok(()) }
    }
}

fn table(text: &[u8], filter: &Filter, protocols: &mut Vec<Protocol>, out: &mut Samples) {
    let mut lines = lines(text);
    let mut table = Fields::of(FIELDS);
    let mut count = 0;
    while let Some(names) = lines.next() {
        let Some((protocol, _)) = names.split_once(':') else { continue };
        let numbers = lines.next().and_then(|numbers| numbers.split_once(':'));
        let Some((_, numbers)) = numbers.filter(|(second, _)| *second == protocol) else { break };
        match protocols.get_mut(count) {
            Some(known) if known.names == names => {}
            Some(known) => *known = Protocol::new(names, filter),
            None => protocols.push(Protocol::new(names, filter)),
        }
        let mut fields = fields(numbers);
        let mut next = 0;
        for (place, name) in &protocols[count].wanted {
            let Some(value) = fields.nth(place - next) else { break };
            next = place + 1;
            set(name, value, &mut table, out);
        }
        count += 1;
    }
    protocols.truncate(count);
}

impl Protocol {
    fn new(names: &str, filter: &Filter) -> Self {
        let (protocol, fields_of) = names.split_once(':').unwrap_or_default();
        let whole = fields(fields_of).map(|field| format!("{protocol}_{field}"));
        let wanted = whole.enumerate().filter(|(_, name)| filter.wants(name)).collect();
        Self { names: names.to_owned(), wanted }
    }
}

/// Reads lines of `Ip6InReceives 1`.
fn pairs(text: &[u8], filter: &Filter, names: &mut Known<Option<String>>, out: &mut Samples) {
    let mut table = Fields::of(FIELDS);
    names.begin();
    for line in lines(text) {
        let mut line = fields(line);
        let Some(field) = line.next() else { continue };
        let name = names.look_up(field, |field| {
            // The protocol ends in 6, such as Ip6 and UdpLite6.
            let (protocol, field) = field.split_at(field.find('6')? + 1);
            Some(format!("{protocol}_{field}")).filter(|name| filter.wants(name))
        });
        if let (Some(name), Some(value)) = (name, line.next()) {
            set(name, value, &mut table, out);
        }
    }
}

fn set(name: &str, value: &str, table: &mut Fields, out: &mut Samples) {
    let Some(value) = number(value) else { return };
    if !table.set(name, value, out) {
        out.set_field(&OTHERS, &[name], [], value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pattern: &str) -> Filter {
        Filter::new(Some(Pattern::new(pattern).unwrap()), None)
    }

    fn samples(out: &mut Samples) -> Vec<String> {
        assert_eq!(out.check(&DEF), Ok(()));
        let page = out.page();
        page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    const TABLE: &[u8] = b"Tcp: MaxConn InSegs OutSegs CurrEstab\nTcp: -1 65023613415 x\n\
        Udp: InErrors\nUdp: 3 4\nIp: Forwarding\nIcmp: 1\nTcp: Late\nTcp: 1\n";

    #[test]
    fn names_and_numbers_are_brought_together() {
        let mut out = Samples::default();
        table(TABLE, &filter(""), &mut Vec::new(), &mut out);
        let expected = [
            "node_netstat_Tcp_InSegs 65023613415",
            "node_netstat_Tcp_MaxConn -1",
            "node_netstat_Udp_InErrors 3",
        ];
        assert_eq!(samples(&mut out), expected);
    }

    #[test]
    fn the_protocol_of_ipv6_is_part_of_the_field() {
        let mut out = Samples::default();
        let text =
            b"Ip6InOctets \t 7\nUdpLite6InErrors 8\nIcmp6OutType133 9\nNone 1\nIp6InMcastPkts 1";
        pairs(text, &filter(""), &mut Known::new(), &mut out);
        let expected = [
            "node_netstat_Icmp6_OutType133 9",
            "node_netstat_Ip6_InOctets 7",
            "node_netstat_UdpLite6_InErrors 8",
        ];
        assert_eq!(samples(&mut out), expected);
    }

    #[test]
    fn only_wanted_fields_are_exposed_wherever_they_are() {
        let mut protocols = Vec::new();
        let scrape = |text: &[u8], protocols: &mut Vec<Protocol>| {
            let mut out = Samples::default();
            table(text, &filter("_In"), protocols, &mut out);
            samples(&mut out)
        };
        let both = ["node_netstat_Tcp_InSegs 65023613415", "node_netstat_Udp_InErrors 3"];
        for _ in 0..2 {
            assert_eq!(scrape(TABLE, &mut protocols), both);
        }
        let other = b"Udp: NoPorts InErrors InData\nUdp: 1 2 3\n";
        let expected = ["node_netstat_Udp_InData 3", "node_netstat_Udp_InErrors 2"];
        assert_eq!(scrape(other, &mut protocols), expected);
        assert_eq!(protocols.len(), 1);
        assert_eq!(scrape(TABLE, &mut protocols), both);
        assert_eq!((scrape(b"Tcp 1\n", &mut protocols).len(), protocols.len()), (0, 0));
    }

    #[test]
    fn default_fields_all_have_a_definition() {
        let default = &exporter_kit::AnyFlag::spec(&WANTED);
        let expression = format!("{default:?}");
        let start = expression.find("^(.*_").unwrap();
        let end = start + expression[start..].find(")$").unwrap() + 2;
        let wanted = filter(&expression[start..end]);
        for field in FIELDS {
            assert!(wanted.wants(field.key()), "{}", field.key());
        }
        for other in ["Tcp_MaxConn", "Ip_InReceives", "xTcp_InSegs", "Udp_InCsumErrors"] {
            assert!(!wanted.wants(other), "{other}");
        }
    }
}
