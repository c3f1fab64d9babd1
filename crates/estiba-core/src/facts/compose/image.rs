//! References of images (<https://pkg.go.dev/github.com/distribution/reference>).

/// The name and the tag; a digest counts for neither.
pub(crate) fn name_and_tag(reference: &str) -> (&str, Option<&str>) {
    let reference = reference.split('@').next().unwrap_or_default();
    // A colon before the last `/` is that of a registry's port.
    let last = reference.rfind('/').map_or(0, |at| at + 1);
    match reference[last..].find(':') {
        Some(at) => (&reference[..last + at], Some(&reference[last + at + 1..])),
        None => (reference, None),
    }
}

/// A name without the registry, and the folder in it, that are meant where none is named.
pub(crate) fn without_registry(name: &str) -> &str {
    ["docker.io/library/", "docker.io/", "library/"].iter().find_map(|above| name.strip_prefix(above)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{name_and_tag, without_registry};

    #[test]
    fn a_reference_is_taken_apart() {
        assert_eq!(name_and_tag("nginx"), ("nginx", None));
        assert_eq!(name_and_tag("here:5000/a/b"), ("here:5000/a/b", None));
        assert_eq!(name_and_tag("here:5000/a/b:1.2@sha256:0"), ("here:5000/a/b", Some("1.2")));
        assert_eq!(
            ["docker.io/library/a", "docker.io/a/b", "library/a", "a/b"].map(without_registry),
            ["a", "a/b", "a", "a/b"]
        );
    }
}
