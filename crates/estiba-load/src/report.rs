//! What is told of a run.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::kinds::Kind;
use crate::schedule::{Run, Sample};

#[derive(Serialize)]
pub(crate) struct Report {
    version: u32,
    seconds: f64,
    requests: usize,
    pub(crate) failed: usize,
    kinds: BTreeMap<&'static str, Figures>,
    failures: Vec<Counted>,
    /// Short requests that began outside every window, and within any.
    steady: Figures,
    during: Figures,
    windows: Vec<Window>,
    /// Which release answered, and from when to when.
    releases: BTreeMap<String, Seen>,
}

#[derive(Serialize)]
struct Figures {
    requests: usize,
    failed: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

#[derive(Serialize)]
struct Counted {
    kind: &'static str,
    what: String,
    count: usize,
    first_at_s: f64,
    last_at_s: f64,
}

#[derive(Serialize)]
struct Window {
    label: String,
    begin_s: f64,
    end_s: f64,
    /// Of all kinds, failures that began within it.
    all_failed: usize,
    short: Figures,
}

#[derive(Serialize)]
struct Seen {
    answers: usize,
    first_at_s: f64,
    last_at_s: f64,
}

impl Report {
    pub(crate) fn of(run: &Run, marks: &str) -> Self {
        let spans = spans(run.began, marks);
        let within = |sample: &Sample| spans.iter().any(|(_, begin, end)| (*begin..*end).contains(&sample.begun));
        let short = |sample: &&Sample| sample.kind.is_short();
        let kinds = Kind::ALL
            .into_iter()
            .map(|kind| (kind.name(), Figures::of(run.samples.iter().filter(|sample| sample.kind == kind))))
            .collect();
        Self {
            version: 1,
            seconds: run.lasted.as_secs_f64(),
            requests: run.samples.len(),
            failed: failed(run.samples.iter()),
            kinds,
            failures: failures(&run.samples),
            steady: Figures::of(run.samples.iter().filter(short).filter(|sample| !within(sample))),
            during: Figures::of(run.samples.iter().filter(short).filter(|sample| within(sample))),
            windows: spans.iter().map(|(label, begin, end)| Window::of(run, label, *begin, *end)).collect(),
            releases: releases(&run.samples),
        }
    }
}

impl Figures {
    fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let (mut took, mut failed) = (Vec::new(), 0);
        for sample in samples {
            took.push(sample.took);
            failed += usize::from(sample.outcome.is_err());
        }
        took.sort_unstable();
        Self {
            requests: took.len(),
            failed,
            p50_ms: share(&took, 50),
            p99_ms: share(&took, 99),
            max_ms: share(&took, 100),
        }
    }
}

/// The time within which so many in a hundred were answered.
fn share(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    let took = sorted.get(rank - 1).copied().unwrap_or_default();
    (took.as_secs_f64() * 100_000.0).round() / 100.0
}

impl Window {
    fn of(run: &Run, label: &str, begin: Duration, end: Duration) -> Self {
        let inside: Vec<&Sample> = run.samples.iter().filter(|sample| (begin..end).contains(&sample.begun)).collect();
        Self {
            label: label.to_owned(),
            begin_s: begin.as_secs_f64(),
            end_s: end.as_secs_f64(),
            all_failed: failed(inside.iter().copied()),
            short: Figures::of(inside.iter().copied().filter(|sample| sample.kind.is_short())),
        }
    }
}

fn failed<'a>(samples: impl Iterator<Item = &'a Sample>) -> usize {
    samples.filter(|sample| sample.outcome.is_err()).count()
}

fn failures(samples: &[Sample]) -> Vec<Counted> {
    let mut counted: BTreeMap<(Kind, String), (usize, Duration, Duration)> = BTreeMap::new();
    for sample in samples {
        if let Err(failure) = &sample.outcome {
            let entry = counted.entry((sample.kind, failure.0.clone())).or_insert((0, sample.begun, sample.begun));
            *entry = (entry.0 + 1, entry.1.min(sample.begun), entry.2.max(sample.begun));
        }
    }
    let row = |((kind, what), (count, first, last)): ((Kind, String), (usize, Duration, Duration))| Counted {
        kind: kind.name(),
        what,
        count,
        first_at_s: first.as_secs_f64(),
        last_at_s: last.as_secs_f64(),
    };
    counted.into_iter().map(row).collect()
}

fn releases(samples: &[Sample]) -> BTreeMap<String, Seen> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for sample in samples {
        let Ok(Some(version)) = &sample.outcome else { continue };
        let at = sample.begun.as_secs_f64();
        let entry = seen.entry(version.clone()).or_insert(Seen { answers: 0, first_at_s: at, last_at_s: at });
        entry.answers += 1;
        entry.first_at_s = entry.first_at_s.min(at);
        entry.last_at_s = entry.last_at_s.max(at);
    }
    seen
}

/// Label, begin and end of each window, since the run began.
fn spans(began: SystemTime, marks: &str) -> Vec<(String, Duration, Duration)> {
    let mut spans = Vec::new();
    let mut open: Option<(String, Duration)> = None;
    for line in marks.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(at), Some(what), label) = (words.next(), words.next(), words.next().unwrap_or_default()) else {
            continue;
        };
        let Ok(at) = at.parse::<f64>() else { continue };
        let since = Duration::try_from_secs_f64(at).unwrap_or_default();
        let since = (SystemTime::UNIX_EPOCH + since).duration_since(began).unwrap_or_default();
        match (what, open.take()) {
            ("begin", _) => open = Some((label.to_owned(), since)),
            (_, Some((label, begin))) => spans.push((label, begin, since)),
            (_, None) => {}
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::{Duration, SystemTime, share, spans};

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!((share(&times, 50), share(&times, 99), share(&[], 99)), (100.0, 198.0, 0.0));
    }

    #[test]
    fn a_window_lasts_from_its_begin_to_its_end() {
        let began = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let marks = "101.5 begin update 1\n103 end update 1\n104 begin unfinished\n";
        let expected = vec![("update 1".to_owned(), Duration::from_millis(1500), Duration::from_secs(3))];
        assert_eq!(spans(began, marks), expected);
    }
}
