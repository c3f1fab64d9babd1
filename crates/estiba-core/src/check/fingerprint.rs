//! What a finding is known by from one run to the next: it stays the same when lines move, and when something else in the
//! file changes.

use std::collections::HashMap;

use super::finding::{Finding, Report};
use crate::facts::Facts;
use crate::tree::sha256;

/// Digits of a fingerprint: 64 bits, among the few thousand findings of a tree.
const DIGITS: usize = 16;

/// The fingerprint of each finding of a report, in its order. Equal findings in one file are counted.
#[must_use]
pub fn fingerprints(facts: &Facts, report: &Report) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let one = |finding: &Finding| {
        let known = identity(facts, finding);
        let nth = seen.entry(known.clone()).or_default();
        *nth += 1;
        sha256(format!("{known}\0{nth}").as_bytes())[..DIGITS].to_owned()
    };
    report.findings.iter().map(one).collect()
}

/// The rule, the file, what is said and the words it is said about; no line.
fn identity(facts: &Facts, finding: &Finding) -> String {
    let words = facts.texts.sources.slice(finding.primary.span);
    let words: Vec<&str> = words.split_whitespace().collect();
    [finding.rule, facts.path(finding.primary.span), &finding.message, &words.join(" ")].join("\0")
}

#[cfg(test)]
mod tests {
    use super::fingerprints;
    use crate::check::check;
    use crate::facts::testing::facts;

    fn of(text: &str) -> Vec<String> {
        let facts = facts(&[("docker-compose.yml", text)]);
        let report = check(&facts);
        fingerprints(&facts, &report)
    }

    #[test]
    fn a_finding_is_known_again_where_lines_moved() {
        let before = of("services:\n  app: { image: 'app-server:prod' }\n");
        let after = of("# moved\n\nservices:\n  cache: { image: 'redis:8' }\n  app: { image:   'app-server:prod' }\n");
        assert_eq!(before.len(), 1);
        assert_eq!(before, after);
    }

    #[test]
    fn equal_findings_are_told_apart() {
        let two = of("services:\n  a: { image: 'app-server:prod' }\n  b: { image: 'app-server:prod' }\n");
        assert!(two.len() == 2 && two[0] != two[1], "{two:?}");
    }
}
