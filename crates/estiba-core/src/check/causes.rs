//! Findings by their cause: what one change mends is one thing to read.

use std::collections::HashMap;

use super::finding::{Finding, Report};
use crate::source::Level;

/// Findings of one rule about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause<'r> {
    /// The rule.
    pub rule: &'static str,
    /// The worst of them.
    pub level: Level,
    /// What they are about, as the messages name it; empty where they name nothing.
    pub thing: &'r str,
    /// The findings, in the report's order.
    pub findings: Vec<&'r Finding>,
}

impl Report {
    /// The findings by cause: errors first, and of those what stands at most places.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause<'_>> {
        let mut causes: Vec<Cause<'_>> = Vec::new();
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        for finding in &self.findings {
            let (rule, thing) = (finding.rule, thing(&finding.message));
            let place = *places.entry((rule, thing)).or_insert(causes.len());
            if place == causes.len() {
                causes.push(Cause { rule, level: finding.level, thing, findings: Vec::new() });
            }
            if let Some(cause) = causes.get_mut(place) {
                cause.level = cause.level.min(finding.level);
                cause.findings.push(finding);
            }
        }
        // Stable: the order of files where nothing else tells.
        causes.sort_by_key(|cause| (cause.level, std::cmp::Reverse(cause.findings.len())));
        causes
    }
}

/// Causes of one rule taken together, at the place of the first: for a page with less room.
#[must_use]
pub fn by_rule<'c, 'r>(causes: &'c [Cause<'r>]) -> Vec<Vec<&'c Cause<'r>>> {
    let mut rules: Vec<Vec<&Cause<'_>>> = Vec::new();
    for cause in causes {
        match rules.iter_mut().find(|rule| rule.first().is_some_and(|first| first.rule == cause.rule)) {
            Some(rule) => rule.push(cause),
            None => rules.push(vec![cause]),
        }
    }
    rules
}

/// The first name in a message: what is missing, or what is wrong.
fn thing(message: &str) -> &str {
    message.split('`').nth(1).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::facts::testing::facts;

    #[test]
    fn what_one_change_mends_is_one_and_the_worst_comes_first() {
        let compose = "services:\n  p:\n    image: nginx:1.27\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n  \
                       a: { image: 'own:1' }\n  b: { image: 'own:1' }\n  c: { image: 'own:1' }\n";
        let nginx =
            "server {\n  location / { proxy_pass http://gone; }\n  location /a { proxy_pass http://gone; }\n}\n";
        let facts = facts(&[("docker-compose.yml", compose), ("a.conf", nginx)]);
        let report = check(&facts).confident();
        let causes: Vec<_> =
            report.causes().iter().map(|cause| (cause.rule, cause.thing.to_owned(), cause.findings.len())).collect();
        let wanted = [("upstream-host-unknown", "gone".to_owned(), 2), ("pull-squatting", "own:1".to_owned(), 3)];
        assert_eq!(causes, wanted);
    }
}
