//! When a rehearsal is content.

use std::collections::BTreeSet;

/// Lines of two snapshots of a server that stand in one only; empty when nothing changed.
#[must_use]
pub fn changes(before: &str, after: &str) -> Vec<String> {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), after.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let come = new.difference(&old).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

/// The hosts that a server fetches its packages from over plain http, in the text of its package sources: what a relay
/// may keep for the next rehearsal. A host that is also asked over https is left alone.
#[must_use]
pub fn mirrors(sources: &str) -> Vec<String> {
    let hosts = |scheme: &str| -> BTreeSet<String> {
        let words = sources.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
        words
            .filter_map(|word| word.split_once(scheme))
            .map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned())
            .filter(|host| host.contains('.') && !host.contains([':', '@']))
            .collect()
    };
    let secure = hosts("https://");
    hosts("http://").into_iter().filter(|host| !secure.contains(host)).collect()
}

#[cfg(test)]
mod tests {
    use super::{changes, mirrors};

    #[test]
    fn what_differs_is_told_from_both_sides() {
        assert!(changes("a\nb\n", "b\na\n").is_empty());
        assert_eq!(changes("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
    }

    #[test]
    fn hosts_of_plain_http_are_found_in_both_forms_of_sources() {
        let text = "deb [signed-by=/x] http://deb.debian.org/debian trixie main\nURIs: http://security.debian.org/ http://a.b:80/\n# http://old.example/\n";
        assert_eq!(mirrors(text), ["deb.debian.org", "security.debian.org"]);
    }

    #[test]
    fn a_host_that_is_asked_over_https_too_is_left_alone() {
        assert!(mirrors("deb http://x.example/a b c\ndeb https://x.example/d b c\n").is_empty());
    }
}
