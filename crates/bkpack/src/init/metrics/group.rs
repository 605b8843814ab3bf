//! Groups the metrics of a page by prefix: `node_cpu_`, `node_memory_`, `go_`, `process_`.

use std::collections::{BTreeMap, BTreeSet};

use blueking_package::GROUP_TEXT_LIMIT as TEXT_LIMIT;
use blueking_package::check::is_reserved_table;

use super::glossary;

/// Most groups of a page.
const MOST: usize = 25;

/// Fewest metrics of a group, unless a page has no more of its kind.
const FEWEST: usize = 3;

/// The metrics of one exporter are split if they are more than this.
const LARGE: usize = 15;

/// A part of them is split again if it has known parts, or if it has at least this many metrics.
const HUGE: usize = 80;

/// Fewest metrics of an unknown part of a huge part.
const LARGE_PART: usize = 10;

/// Groups about the exporter itself: few people look at them, so that one table each is enough.
const WHOLE: [&str; 3] = ["go", "process", "promhttp"];

/// The group of the metrics that share a prefix with too few others.
const OTHER: (&str, &str) = ("other", "其他指标");

/// A group of metrics with a common prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// A letter, then letters, digits and `_`; at most 15 characters and unique ignoring case.
    pub name: String,
    /// Chinese name, or the prefix if none is known; at most 15 characters and unique.
    pub zh: String,
    /// Names of the metrics, in the order of the page.
    pub metrics: Vec<String>,
}

/// Metrics, by position on the page, whose names start with `prefix`, which has no trailing `_`.
#[derive(Debug)]
struct Branch {
    prefix: String,
    metrics: Vec<usize>,
    is_final: bool,
}

/// Groups metrics, each a name and its labels, by meaningful common prefix: at most 25 groups, with
/// at least 3 metrics each where possible. Apart from huge parts, labels decide what is split
/// first: metrics with the same labels can stay in one table.
pub fn groups(metrics: &[(&str, &[&str])]) -> Vec<Group> {
    let mut branches = roots(metrics);
    // The group for the rest may be needed as well.
    while branches.len() < MOST - 1 {
        let widest = branches
            .iter()
            .enumerate()
            .filter(|(_, branch)| !branch.is_final && branch.metrics.len() > LARGE)
            .max_by_key(|(_, branch)| match branch.metrics.len() {
                length @ HUGE.. => (length, 0),
                length => (label_sets(metrics, branch), length),
            });
        let Some((position, _)) = widest else { break };
        let room = MOST - 1 - branches.len();
        let branch = branches.remove(position);
        branches.extend(split(metrics, branch, room));
    }
    let (small, mut large): (Vec<_>, Vec<_>) =
        branches.into_iter().partition(|branch| branch.metrics.len() < FEWEST);
    let (whole, small): (Vec<_>, Vec<_>) =
        small.into_iter().partition(|branch| WHOLE.contains(&&*branch.prefix));
    large.extend(whole);
    large.sort_by_key(|branch| branch.metrics[0]);
    let rest: Vec<_> = small.into_iter().flat_map(|branch| branch.metrics).collect();
    named(metrics, large, rest)
}

/// One branch for each first word.
fn roots(metrics: &[(&str, &[&str])]) -> Vec<Branch> {
    let mut roots: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, (name, _)) in metrics.iter().enumerate() {
        roots.entry(name.split(['_', ':']).next().unwrap_or(name)).or_default().push(position);
    }
    let root = |(prefix, metrics): (&str, Vec<usize>)| Branch {
        is_final: WHOLE.contains(&prefix),
        prefix: prefix.to_owned(),
        metrics,
    };
    let mut roots: Vec<_> = roots.into_iter().map(root).collect();
    if roots.len() >= MOST {
        // The largest ones remain; the others become too small and are collected.
        roots.sort_by_key(|root| std::cmp::Reverse(root.metrics.len()));
        let rest = roots.split_off(MOST - 1);
        roots.extend(rest.into_iter().flat_map(|root| {
            root.metrics.into_iter().map(move |metric| Branch {
                prefix: root.prefix.clone(),
                metrics: vec![metric],
                is_final: true,
            })
        }));
    }
    roots
}

/// Splits a branch by the next word into at most `room` branches more. What shares its next word
/// with too few others stays together under the old prefix.
fn split(metrics: &[(&str, &[&str])], branch: Branch, room: usize) -> Vec<Branch> {
    let mut children: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut rest = Vec::new();
    for &position in &branch.metrics {
        let name = metrics[position].0;
        let word = name.get(branch.prefix.len() + 1..).and_then(|rest| rest.split('_').next());
        match word.filter(|word| !word.is_empty()) {
            Some(word) => children.entry(word).or_default().push(position),
            None => rest.push(position),
        }
    }
    let is_part = |prefix: &str, metrics: usize| {
        let is_root = !branch.prefix.contains('_');
        let is_known = || glossary::group_name(&format!("{}_{prefix}", branch.prefix)).is_some();
        let is_large = branch.metrics.len() >= HUGE && metrics >= LARGE_PART;
        metrics >= FEWEST && (is_root || is_large || is_known())
    };
    let (mut children, small): (Vec<_>, Vec<_>) =
        children.into_iter().partition(|(word, positions)| is_part(word, positions.len()));
    children.sort_by_key(|(_, positions)| std::cmp::Reverse(positions.len()));
    rest.extend(small.into_iter().flat_map(|(_, positions)| positions));
    let kept = if rest.is_empty() { room + 1 } else { room };
    let dropped = children.split_off(kept.min(children.len()));
    rest.extend(dropped.into_iter().flat_map(|(_, positions)| positions));
    // A rest too small for a group takes the smallest child in.
    if (1..FEWEST).contains(&rest.len()) {
        rest.extend(children.pop().into_iter().flat_map(|(_, positions)| positions));
    }
    let mut branches: Vec<_> = children
        .into_iter()
        .map(|(word, metrics)| Branch {
            prefix: format!("{}_{word}", branch.prefix),
            metrics,
            is_final: false,
        })
        .collect();
    if !rest.is_empty() {
        rest.sort_unstable();
        branches.push(Branch { prefix: branch.prefix, metrics: rest, is_final: true });
    }
    branches
}

/// How many different sets of labels the metrics of a branch have.
fn label_sets(metrics: &[(&str, &[&str])], branch: &Branch) -> usize {
    let sets = branch
        .metrics
        .iter()
        .map(|&position| metrics[position].1.iter().copied().collect::<BTreeSet<_>>());
    sets.collect::<BTreeSet<_>>().len()
}

fn named(metrics: &[(&str, &[&str])], branches: Vec<Branch>, mut rest: Vec<usize>) -> Vec<Group> {
    rest.sort_unstable();
    let names = |positions: &[usize]| -> Vec<String> {
        positions.iter().map(|&position| metrics[position].0.to_owned()).collect()
    };
    let mut groups: Vec<Group> = Vec::new();
    for branch in &branches {
        let name = unique(&short_name(&branch.prefix), |name| {
            !name.eq_ignore_ascii_case(OTHER.0)
                && groups.iter().all(|group| !group.name.eq_ignore_ascii_case(name))
        });
        let known = glossary::group_name(&branch.prefix).unwrap_or(&name);
        let zh = unique(known, |zh| groups.iter().all(|group| group.zh != zh));
        groups.push(Group { name, zh, metrics: names(&branch.metrics) });
    }
    if !rest.is_empty() {
        let (name, zh) = (OTHER.0.to_owned(), OTHER.1.to_owned());
        groups.push(Group { name, zh, metrics: names(&rest) });
    }
    groups
}

/// The prefix, or as many of its last words as fit: they say more than the first ones.
fn short_name(prefix: &str) -> String {
    let valid: String =
        prefix.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let is_start = |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic());
    let tails = std::iter::successors(Some(&*valid), |tail| Some(tail.split_once('_')?.1));
    let fitting = tails.clone().find(|tail| tail.len() <= TEXT_LIMIT && is_start(tail));
    match fitting {
        Some(tail) if is_reserved_table(tail) => {
            format!("{tail}_metrics").chars().take(TEXT_LIMIT).collect()
        }
        Some(tail) => tail.to_owned(),
        None => {
            let tail = tails.filter(|tail| is_start(tail)).last().unwrap_or("metrics");
            tail.chars().take(TEXT_LIMIT).collect()
        }
    }
}

/// The text, with a number after it if it is not free.
fn unique(text: &str, is_free: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u32| {
        let number = number.to_string();
        let kept: String = text.chars().take(TEXT_LIMIT - number.len()).collect();
        kept + &number
    });
    let mut candidates = std::iter::once(text.to_owned()).chain(numbered);
    candidates.find(|text| is_free(text)).expect("the numbers never end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(prefixes: &[(&str, usize)]) -> Vec<String> {
        let numbered = prefixes
            .iter()
            .flat_map(|&(prefix, count)| (0..count).map(move |number| format!("{prefix}{number}")));
        numbered.collect()
    }

    fn grouped(names: &[String]) -> Vec<Group> {
        let metrics: Vec<(&str, &[&str])> =
            names.iter().map(|name| (name.as_str(), [].as_slice())).collect();
        groups(&metrics)
    }

    fn sizes(groups: &[Group]) -> Vec<(&str, usize)> {
        groups.iter().map(|group| (group.name.as_str(), group.metrics.len())).collect()
    }

    #[test]
    fn metrics_are_grouped_by_prefix() {
        let names = page(&[
            ("go_memstats_x", 30),
            ("node_cpu_x", 6),
            ("node_memory_x", 40),
            ("node_load", 3),
            ("node_a_x", 1),
            ("node_b_x", 2),
            ("promhttp_x", 2),
            ("up", 1),
        ]);
        let groups = grouped(&names);
        let expected = [
            ("go", 30),
            ("node_cpu", 6),
            ("node_memory", 40),
            ("node", 6),
            ("promhttp", 2),
            ("other", 1),
        ];
        assert_eq!(sizes(&groups), expected);
        assert_eq!((&*groups[0].zh, &*groups[2].zh), ("Go运行时", "内存"));
    }

    #[test]
    fn many_prefixes_stay_within_the_limit() {
        for namespace in ["shop_", ""] {
            let prefixes: Vec<_> = (0..40).map(|part| format!("{namespace}part{part}_x")).collect();
            let prefixes: Vec<_> = prefixes.iter().map(|prefix| (prefix.as_str(), 4)).collect();
            let mut names = page(&prefixes);
            let groups = grouped(&names);
            assert_eq!(groups.len(), MOST);
            let mut found: Vec<_> = groups.into_iter().flat_map(|group| group.metrics).collect();
            found.sort();
            names.sort();
            assert_eq!(found, names);
        }
    }

    #[test]
    fn small_rest_takes_a_neighbour_in() {
        let groups = grouped(&page(&[("shop_a_x", 10), ("shop_b_x", 5), ("shop_c_x", 1)]));
        assert_eq!(sizes(&groups), [("shop_a", 10), ("shop", 6)]);
    }

    #[test]
    fn parts_are_split_if_known_or_huge() {
        let prefixes = [("pg_stat_database_x", 6), ("pg_stat_flurb_x", 12), ("pg_locks_x", 3)];
        let expected = [("stat_database", 6), ("pg_stat", 12), ("pg_locks", 3)];
        let groups = grouped(&page(&prefixes));
        assert_eq!(sizes(&groups), expected);
        assert_eq!(groups[0].zh, "数据库统计");

        let prefixes = [("shop_a_b_x", 70), ("shop_a_c_x", 12), ("shop_a_d_x", 9), ("shop_e_x", 3)];
        let expected = [("shop_a_b", 70), ("shop_a_c", 12), ("shop_a", 9), ("shop_e", 3)];
        assert_eq!(sizes(&grouped(&page(&prefixes))), expected);
    }

    #[test]
    fn huge_parts_then_different_labels_split_first() {
        // Room for one more group remains.
        let others: Vec<_> = (0..21).map(|part| format!("part{part}_x")).collect();
        let others: Vec<_> = others.iter().map(|prefix| (prefix.as_str(), 3)).collect();
        let sets: [&[&str]; 2] = [&["disk"], &["disk", "mode"]];
        for (size, expected) in [(30, ["a", "b_x"]), (45, ["a_x", "b"])] {
            let plain = page(&[&[("a_x_", size), ("a_y_", size)], &*others].concat());
            let labelled = page(&[("b_x_", 10), ("b_y_", 10)]);
            let mut metrics: Vec<(&str, &[&str])> =
                plain.iter().map(|name| (name.as_str(), [].as_slice())).collect();
            metrics
                .extend(labelled.iter().zip(sets.into_iter().cycle()).map(|(n, set)| (&**n, set)));
            let groups = groups(&metrics);
            let names: Vec<_> = groups.iter().map(|group| &*group.name).collect();
            assert!(expected.iter().all(|name| names.contains(name)), "{size}: {names:?}");
        }
    }

    #[test]
    fn names_fit_and_are_unique() {
        for (prefix, name) in [
            ("node_cpu", "node_cpu"),
            ("mysql_global_status_innodb", "status_innodb"),
            ("http_4xx", "http_4xx"),
            ("http_unreasonablylongword", "unreasonablylon"),
            ("9p", "metrics"),
            ("a:b", "a_b"),
            ("query", "query_metrics"),
        ] {
            assert_eq!(short_name(prefix), name, "{prefix}");
        }
        let taken = ["a", "a2"];
        assert_eq!(unique("a", |text| !taken.contains(&text)), "a3");
        let long = "x".repeat(TEXT_LIMIT);
        assert_eq!(unique(&long, |text| text != long), format!("{}2", "x".repeat(14)));
    }
}
