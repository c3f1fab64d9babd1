//! "Did you mean": the closest known name, if it is close enough to be a slip.

/// The candidate nearest to `word` by edit distance, when at most a third of the word (and at most three characters)
/// differs. Ties go to the first candidate, so the answer does not depend on chance.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    // A very long word is no slip of a short name, and the distance costs length × length.
    if length > 80 {
        return None;
    }
    let limit = (length / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = strsim::osa_distance(word, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The candidate that is near enough to be meant, where there is only one such.
pub fn only_near<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut near = candidates.into_iter().filter(|candidate| nearest(word, [*candidate]).is_some());
    let first = near.next()?;
    near.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{nearest, only_near};

    #[test]
    fn a_slip_of_two_names_is_nobodys() {
        assert_eq!(only_near("ap", ["app", "api", "web"]), None);
        assert_eq!(only_near("ap", ["app", "web", "app"]), Some("app"));
    }

    #[test]
    fn a_slip_finds_its_name() {
        assert_eq!(nearest("servces", ["services", "server"]), Some("services"));
        assert_eq!(nearest("alertmanger", ["prometheus", "alertmanager"]), Some("alertmanager"));
    }

    #[test]
    fn a_different_word_finds_none() {
        assert_eq!(nearest("zone", ["services", "server"]), None);
    }
}
