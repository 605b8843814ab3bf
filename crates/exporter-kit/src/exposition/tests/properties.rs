//! An independent parser reads from a page exactly what was encoded, in both formats.
//!
//! The generators avoid what the parser rejects although the formats allow it: carriage returns in
//! texts, negative numbers in summaries, negative sums of histograms without negative bounds, and
//! units of other kinds than gauges and counters.

use std::collections::BTreeMap;

use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::prometheus::parse_prometheus;
use openmetrics_parser::{
    HistogramValue, MetricsExposition, OpenMetricsValue, PrometheusValue, RenderableMetricValue,
    SummaryValue,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use crate::metrics::{Counter, Definition, Gauge, Histogram, Scalar, Summary, Untyped};

/// Families by name: kind, help, unit, and samples by label values.
type Page = BTreeMap<String, (String, String, String, BTreeMap<Vec<String>, Read>)>;

#[derive(Clone, Debug, PartialEq)]
enum Read {
    Value(f64),
    /// Bounds or quantiles with their values, sum and count.
    Compound(Vec<(f64, f64)>, Option<f64>, Option<u64>),
}

#[derive(Clone, Debug)]
struct TestFamily {
    kind: Kind,
    stem: String,
    help: String,
    unit: Unit,
    labelled: bool,
    bounds: Vec<f64>,
    samples: Vec<TestSample>,
}

#[derive(Clone, Debug)]
struct TestSample {
    labels: [String; 2],
    value: f64,
    numbers: Vec<u32>,
    second_part: bool,
}

fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        3 => any::<char>(),
        2 => prop::sample::select(vec!['\\', '"', '\n', 'n', '{', '}', ',', '=', '#', ' ', '蓝']),
    ];
    vec(character, 0..12).prop_map(|text| text.into_iter().filter(|c| *c != '\r').collect())
}

fn sample() -> impl Strategy<Value = TestSample> {
    let value = prop_oneof![any::<f64>(), -1e6..1e6, (-1000..1000i32).prop_map(f64::from)];
    (text(), text(), value, vec(0..1000u32, 8), any::<bool>()).prop_map(
        |(a, b, value, numbers, second_part)| TestSample {
            labels: [a, b],
            value,
            numbers,
            second_part,
        },
    )
}

fn family() -> impl Strategy<Value = TestFamily> {
    let kinds = [Kind::Gauge, Kind::Counter, Kind::Histogram, Kind::Summary, Kind::Untyped];
    let kind = prop::sample::select(kinds.to_vec());
    let bound = prop_oneof![0.0..1.0f64, -100.0..1e9, (0..10i32).prop_map(f64::from)];
    (
        (kind, "[a-zA-Z0-9_]{0,12}", text(), prop::sample::select(Unit::ALL.to_vec())),
        (any::<bool>(), vec(bound, 1..6), vec(sample(), 0..6)),
    )
        .prop_map(|((kind, stem, help, unit), (labelled, mut bounds, samples))| {
            if kind == Kind::Summary {
                bounds.iter_mut().for_each(|bound| *bound = bound.abs() % 1.0);
            }
            bounds.sort_unstable_by(f64::total_cmp);
            bounds.dedup();
            TestFamily { kind, stem, help: format!("{help}."), unit, labelled, bounds, samples }
        })
}

impl TestFamily {
    fn name(&self, number: usize) -> String {
        let unit = self.unit.as_str();
        let unit = if unit.is_empty() { String::new() } else { format!("_{unit}") };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("f{number}_{}x{unit}{total}", self.stem)
    }

    fn has_unit(&self) -> bool {
        matches!(self.kind, Kind::Gauge | Kind::Counter | Kind::Untyped) && self.unit != Unit::None
    }

    /// Adds the samples to `parts`, and what a parser should find to `expected`.
    fn put(&self, number: usize, parts: &mut [Samples; 2], format: Format, expected: &mut Page) {
        let name: &'static str = self.name(number).leak();
        let mut seen = BTreeMap::new();
        for (out, second_part) in parts.iter_mut().zip([false, true]) {
            for sample in self.samples.iter().filter(|sample| sample.second_part == second_part) {
                let read = match self.kind {
                    Kind::Gauge => {
                        self.put_value(out, Gauge::new(name, self.leaked_help()), sample)
                    }
                    Kind::Counter => {
                        self.put_value(out, Counter::new(name, self.leaked_help()), sample)
                    }
                    Kind::Histogram => self.put_histogram(out, name, sample, format),
                    Kind::Summary => self.put_summary(out, name, sample),
                    // Made from definitions alone, in another test.
                    Kind::Info | Kind::StateSet => continue,
                    Kind::Untyped => {
                        self.put_value(out, Untyped::new(name, self.leaked_help()), sample)
                    }
                };
                let labels = if self.labelled { sample.labels.to_vec() } else { Vec::new() };
                if let Some(read) = read {
                    seen.entry(labels).or_insert(read);
                }
            }
        }
        if !seen.is_empty() {
            let (mut family, mut unit) = (name, "");
            if format == Format::OpenMetrics {
                family = name.strip_suffix("_total").unwrap_or(name);
                unit = if self.has_unit() { self.unit.as_str() } else { "" };
            }
            let kind = match (self.kind, format) {
                (Kind::Untyped, Format::OpenMetrics) => "unknown",
                (kind, _) => kind.as_str(),
            };
            let head = (kind.to_owned(), self.help.clone(), unit.to_owned(), seen);
            expected.insert(family.to_owned(), head);
        }
    }

    fn leaked_help(&self) -> &'static str {
        self.help.clone().leak()
    }

    fn put_value<K: Scalar>(
        &self,
        out: &mut Samples,
        metric: Definition<K, 0>,
        sample: &TestSample,
    ) -> Option<Read> {
        let value = if self.kind == Kind::Counter { sample.value.abs() } else { sample.value };
        let metric = metric.unit(if self.has_unit() { self.unit } else { Unit::None });
        match self.labelled {
            true => out.set(&metric.labels(["a", "b"]), sample.labels(), value),
            false => out.set(&metric, [], value),
        }
        value.is_finite().then_some(Read::Value(value))
    }

    fn put_histogram(
        &self,
        out: &mut Samples,
        name: &'static str,
        sample: &TestSample,
        format: Format,
    ) -> Option<Read> {
        let mut count = 0;
        let mut add = |number: &u32| {
            count += u64::from(*number);
            count
        };
        let cumulative: Vec<u64> =
            sample.numbers[..self.bounds.len()].iter().map(&mut add).collect();
        add(&sample.numbers[7]);
        let negative = self.bounds[0] < 0.0;
        let sum = if negative { sample.value } else { sample.value.abs() };
        let metric = Histogram::new(name, self.leaked_help()).buckets(self.bounds.clone().leak());
        match self.labelled {
            true => {
                let metric = metric.labels(["a", "b"]);
                out.set_histogram(&metric, sample.labels(), count, sum, &cumulative);
            }
            false => out.set_histogram(&metric, [], count, sum, &cumulative),
        }
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let buckets =
            bounds.zip(cumulative.iter().chain([&count]).map(|&count| count as f64)).collect();
        sum.is_finite().then_some(match format {
            Format::OpenMetrics if negative => Read::Compound(buckets, None, None),
            _ => Read::Compound(buckets, Some(sum), Some(count)),
        })
    }

    fn put_summary(
        &self,
        out: &mut Samples,
        name: &'static str,
        sample: &TestSample,
    ) -> Option<Read> {
        let (count, sum) = (u64::from(sample.numbers[7]), sample.value.abs());
        // Some quantiles are unknown.
        let number =
            |&number: &u32| if number % 5 == 0 { f64::NAN } else { f64::from(number) / 7.0 };
        let values: Vec<f64> = sample.numbers[..self.bounds.len()].iter().map(number).collect();
        let metric = Summary::new(name, self.leaked_help()).quantiles(self.bounds.clone().leak());
        match self.labelled {
            true => {
                let metric = metric.labels(["a", "b"]);
                out.set_summary(&metric, sample.labels(), count, sum, &values);
            }
            false => out.set_summary(&metric, [], count, sum, &values),
        }
        let known = self.bounds.iter().copied().zip(values).filter(|(_, value)| value.is_finite());
        sum.is_finite().then(|| Read::Compound(known.collect(), Some(sum), Some(count)))
    }
}

impl TestSample {
    fn labels(&self) -> [&str; 2] {
        self.labels.each_ref().map(String::as_str)
    }
}

fn histogram(value: &HistogramValue) -> Read {
    let buckets = value.buckets.iter().map(|bucket| (bucket.upper_bound, bucket.count.as_f64()));
    Read::Compound(buckets.collect(), value.sum.map(|sum| sum.as_f64()), value.count)
}

fn summary(value: &SummaryValue) -> Read {
    let quantiles = value.quantiles.iter().map(|q| (q.quantile, q.value.as_f64()));
    Read::Compound(quantiles.collect(), value.sum.map(|sum| sum.as_f64()), value.count)
}

fn read<T, V>(page: MetricsExposition<T, V>, value: impl Fn(&V) -> Read) -> Page
where
    T: ToString + Clone,
    V: RenderableMetricValue + Clone,
{
    let family = |(name, family): (String, openmetrics_parser::MetricFamily<T, V>)| {
        let samples = family.iter_samples().map(|sample| {
            let labels = match sample.get_labelset() {
                Ok(labels) => labels.iter().map(|(_, value)| value.to_owned()).collect(),
                Err(_) => Vec::new(),
            };
            (labels, value(&sample.value))
        });
        let samples = samples.collect();
        (name, (family.family_type.to_string(), family.help, family.unit, samples))
    };
    page.families.into_iter().map(family).collect()
}

fn parse(page: &str, format: Format) -> Page {
    match format {
        Format::Text if page.is_empty() => Page::new(),
        Format::OpenMetrics if page == "# EOF\n" => Page::new(),
        Format::Text => {
            let parsed = parse_prometheus(page).unwrap_or_else(|error| panic!("{error}\n{page}"));
            read(parsed, |value| match value {
                PrometheusValue::Gauge(value) | PrometheusValue::Unknown(value) => {
                    Read::Value(value.as_f64())
                }
                PrometheusValue::Counter(counter) => Read::Value(counter.value.as_f64()),
                PrometheusValue::Histogram(value) => histogram(value),
                PrometheusValue::Summary(value) => summary(value),
            })
        }
        Format::OpenMetrics => {
            let parsed = parse_openmetrics(page).unwrap_or_else(|error| panic!("{error}\n{page}"));
            read(parsed, |value| match value {
                OpenMetricsValue::Gauge(value) | OpenMetricsValue::Unknown(value) => {
                    Read::Value(value.as_f64())
                }
                OpenMetricsValue::Counter(counter) => Read::Value(counter.value.as_f64()),
                OpenMetricsValue::Histogram(value) => histogram(value),
                OpenMetricsValue::Summary(value) => summary(value),
                other => panic!("unexpected {other:?}"),
            })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn parsers_read_what_was_encoded(families in vec(family(), 0..5)) {
        for format in [Format::Text, Format::OpenMetrics] {
            let (mut parts, mut expected) = ([Samples::default(), Samples::default()], Page::new());
            for (number, family) in families.iter().enumerate() {
                family.put(number, &mut parts, format, &mut expected);
            }
            parts.iter_mut().for_each(Samples::sort_and_dedup);
            let mut page = Text::default();
            encode(parts.iter(), format, &mut Order::default(), &mut page);
            let page = String::from_utf8(page.into()).unwrap();
            prop_assert!(!page.contains('\r'));
            prop_assert_eq!(parse(&page, format), expected, "{}", page);
        }
    }
}
