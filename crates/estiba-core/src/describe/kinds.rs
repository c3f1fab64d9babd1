//! Kinds of text with a fixed alphabet. What passed one is a [`Word`], and a word is safe to print bare in every format
//! we write: that is the whole escaping rule for names, domains, paths, images and durations.

use std::fmt;

/// A text that passed a [`Kind`]: letters, digits and `. _ - / : @ + ~` only, never beginning with `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(String);

impl Word {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Joins words and our own literals; `None` when the result is no word.
    #[must_use]
    pub fn join(parts: &[&str]) -> Option<Self> {
        let text = parts.concat();
        is_safe(&text).then_some(Self(text))
    }

    /// Words joined by `-`, as in `jupiter-app-server`.
    #[must_use]
    pub fn dashed(&self, rest: &Self) -> Self {
        Self(format!("{}-{}", self.0, rest.0))
    }

    /// A word of our own.
    pub(crate) fn literal(text: &'static str) -> Self {
        debug_assert!(is_safe(text), "{text} is no word");
        Self(text.to_owned())
    }

    /// A folder and what stands in it.
    pub(crate) fn below(&self, rest: &str) -> Self {
        let joined = format!("{}/{rest}", self.0);
        debug_assert!(is_safe(&joined), "{joined} is no word");
        Self(joined)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_safe(text: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/:@+~".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(safe)
}

/// A kind of text: its name for people, a JSON Schema pattern, and the check that decides.
pub(super) struct Kind {
    /// "a domain name such as `app.example.com`".
    pub(super) expected: &'static str,
    /// ECMA-262 pattern for editors; the check may be stricter.
    pub(super) pattern: &'static str,
    check: fn(&str) -> bool,
}

impl Kind {
    /// The word, if the text is of this kind.
    pub(super) fn parse(&self, text: &str) -> Option<Word> {
        (text.len() <= 512 && is_safe(text) && (self.check)(text)).then(|| Word(text.to_owned()))
    }
}

fn all(text: &str, allowed: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || allowed.contains(c))
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether a reader of YAML, 1.1 or 1.2, may take it for a truth value or for nothing.
fn is_truth(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text)
}

/// Also no truth value: the project's name stands bare in YAML.
pub(super) const PROJECT: Kind = Kind {
    expected: "a project name: 1 to 32 of `a-z`, `0-9` and `-`, beginning with a letter, not ending with `-`",
    pattern: "^[a-z][a-z0-9-]{0,30}[a-z0-9]?$",
    check: |text| {
        text.len() <= 32 && starts_with_letter(text) && !text.ends_with('-') && all(text, "-") && !is_truth(text)
    },
};

/// A DNS label (RFC 1123) plus `_`, which Compose allows and Docker's DNS answers.
pub(super) const SERVICE: Kind = Kind {
    expected: "a service name: up to 40 of `a-z`, `0-9`, `-` and `_`, beginning and ending with a letter or digit",
    pattern: "^[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?$",
    check: |text| {
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        text.len() <= 40 && all(text, "-_") && text.starts_with(ends) && text.ends_with(ends)
    },
};

/// Also no truth value: these names are bare keys of the Compose files, and Compose refuses a key that is no text.
pub(super) const NAME: Kind = Kind {
    expected: "a name: up to 60 of `a-z`, `0-9`, `-` and `_`, beginning with a letter, and no truth value",
    pattern: "^[a-z][a-z0-9_-]{0,59}$",
    check: |text| text.len() <= 60 && starts_with_letter(text) && all(text, "-_") && !is_truth(text),
};

pub(super) const DOMAIN: Kind = Kind {
    expected: "a domain name in lower case such as `app.example.com` (international names in their `xn--` form)",
    pattern: r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$",
    check: is_domain,
};

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && all(label, "-") && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let labels = text.split('.').count();
    text.len() <= 253 && labels >= 2 && text.split('.').all(label) && last.len() >= 2 && starts_with_letter(last)
}

pub(super) const SSH_HOST: Kind = Kind {
    expected: "a host that ssh reaches: a domain name, an address or an alias of your ssh configuration",
    pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]*$",
    check: |text| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c))
    },
};

pub(super) const USER: Kind = Kind {
    expected: "a Linux user name: up to 32 of `a-z`, `0-9`, `-` and `_`, beginning with a letter",
    pattern: "^[a-z][a-z0-9_-]{0,31}$",
    check: |text| text.len() <= 32 && starts_with_letter(text) && all(text, "-_"),
};

/// Folders of the system (FHS 3.0) are refused: everything below the path is made, owned and reset by our scripts.
pub(super) const SERVER_PATH: Kind = Kind {
    expected: "an absolute path at least two folders deep and outside the system's own, such as `/opt/app`",
    pattern: "^(/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}$",
    check: |text| {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let system = ["bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr"];
        let Some(rest) = text.strip_prefix('/') else { return false };
        let first = rest.split('/').next().unwrap_or_default();
        let depth = rest.split('/').count();
        depth >= 2 && rest.split('/').all(part) && !system.contains(&first) && !rest.starts_with("var/lib/docker")
    },
};

pub(super) const EMAIL: Kind = Kind {
    expected: "an e-mail address such as `ops@example.com`",
    pattern: r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$",
    check: |text| {
        let Some((local, domain)) = text.split_once('@') else { return false };
        let part = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        !local.is_empty() && local.chars().all(part) && is_domain(&domain.to_ascii_lowercase())
    },
};

/// The reference grammar of <https://github.com/distribution/reference>, with a tag or digest demanded: without one
/// Docker takes `latest`, and two runs need not mean the same image.
pub(super) const IMAGE: Kind = Kind {
    expected: "an image with a tag or digest, such as `postgres:17` or `ghcr.io/acme/app:1.2`",
    pattern: r"^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$",
    check: is_image,
};

fn is_image(text: &str) -> bool {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let digest_ok = digest.is_none_or(|digest| {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        hex.len() == 64 && hex.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    });
    let name_start = rest.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match rest[name_start..].find(':') {
        Some(at) => (&rest[..name_start + at], Some(&rest[name_start + at + 1..])),
        None => (rest, None),
    };
    let tag_ok = tag.is_none_or(|tag| {
        let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !tag.is_empty()
            && tag.len() <= 128
            && tag.starts_with(first)
            && tag.chars().all(|c| first(c) || ".-".contains(c))
    });
    let mut parts = name.split('/').peekable();
    let mut names_ok = true;
    let mut first = true;
    while let Some(part) = parts.next() {
        // Only a registry's host, before the first slash, may carry a port.
        let registry = first && parts.peek().is_some() && (part.contains(['.', ':']) || part == "localhost");
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        names_ok &= if registry {
            let (host, port) = part.split_once(':').unwrap_or((part, "1"));
            !host.is_empty()
                && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
                && !port.is_empty()
                && port.chars().all(|c| c.is_ascii_digit())
        } else {
            all(part, "._-") && part.starts_with(ends) && part.ends_with(ends)
        };
        first = false;
    }
    names_ok && tag_ok && digest_ok && (tag.is_some() || digest.is_some())
}

pub(super) const URL_PATH: Kind = Kind {
    expected: "a path that begins with `/`, of letters, digits and `. _ ~ - /`",
    pattern: "^/[A-Za-z0-9._~/-]*$",
    check: |text| {
        text.starts_with('/')
            && !text.contains("//")
            && !text.split('/').any(|part| part == "..")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._~-/".contains(c))
    },
};

pub(super) const HTTPS_URL: Kind = Kind {
    expected: "an `https://` address",
    pattern: "^https://[A-Za-z0-9._~:/-]+$",
    check: |text| {
        let Some(rest) = text.strip_prefix("https://") else { return false };
        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || "._~:/-".contains(c))
    },
};

/// <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>, one unit.
pub(super) const DURATION: Kind = Kind {
    expected: "a duration in one unit: `30s`, `5m`, `12h`, `15d`, `2w` or `1y`",
    pattern: "^[1-9][0-9]{0,5}(s|m|h|d|w|y)$",
    check: |text| {
        let digits = text.trim_end_matches(['s', 'm', 'h', 'd', 'w', 'y']);
        text.len() == digits.len() + 1 && is_count(digits, 6)
    },
};

pub(super) const BYTE_SIZE: Kind = Kind {
    expected: "a size such as `512MB` or `2GB`",
    pattern: "^[1-9][0-9]{0,5}(KB|MB|GB|TB)$",
    check: |text| {
        let digits = ["KB", "MB", "GB", "TB"].iter().find_map(|unit| text.strip_suffix(unit));
        digits.is_some_and(|digits| is_count(digits, 6))
    },
};

/// <https://nginx.org/en/docs/syntax.html>: `k`, `m`, `g`.
pub(super) const NGINX_SIZE: Kind = Kind {
    expected: "a size as nginx writes it: `512k`, `20m` or `1g`",
    pattern: "^[1-9][0-9]{0,5}(k|m|g)$",
    check: |text| text.strip_suffix(['k', 'm', 'g']).is_some_and(|digits| is_count(digits, 6)),
};

fn is_count(digits: &str, most: usize) -> bool {
    (1..=most).contains(&digits.len()) && !digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit())
}

pub(super) const LOGIN: Kind = Kind {
    expected: "a login: up to 32 of letters, digits, `.`, `_` and `-`, beginning with a letter",
    pattern: "^[A-Za-z][A-Za-z0-9._-]{0,31}$",
    check: |text| {
        text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    },
};

/// POSIX names; what Compose interpolates (<https://docs.docker.com/reference/compose-file/interpolation/>).
pub(super) const VARIABLE: Kind = Kind {
    expected: "a variable name: letters, digits and `_`, not beginning with a digit",
    pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
    check: |text| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    },
};

/// A relative path of the project. Each part is checked again as a tree path; here the alphabet is.
pub(super) const PROJECT_PATH: Kind = Kind {
    expected: "a path inside the project, relative to estiba.yml, of letters, digits and `. _ - + @ /`",
    pattern: r"^[A-Za-z0-9._+@/-]+$",
    check: |text| !text.starts_with('/') && crate::source::TreePath::parse(text).is_ok() && !text.contains(':'),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_need_a_tag_or_digest() {
        for good in ["postgres:17", "ghcr.io/acme/app:1.2", "localhost:5000/a/b:x", "a-b_c:prod"] {
            assert!(IMAGE.parse(good).is_some(), "{good}");
        }
        let digest = format!("postgres@sha256:{}", "a".repeat(64));
        assert!(IMAGE.parse(&digest).is_some());
        for bad in ["postgres", "ghcr.io:443/app", "Postgres:17", "a:", ":x", "a/:x", "a@sha256:12", "-a:1", "a b:1"] {
            assert!(IMAGE.parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn system_folders_are_no_server_path() {
        assert!(SERVER_PATH.parse("/opt/jupiter").is_some());
        for bad in ["/", "/opt", "/etc/jupiter", "/opt/../etc", "opt/jupiter", "/opt/a b", "/var/lib/docker/x"] {
            assert!(SERVER_PATH.parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn domains_are_lower_case_names_with_a_top_level() {
        assert!(DOMAIN.parse("a.jupiter.example").is_some());
        for bad in ["localhost", "10.0.0.1", "-a.example", "a..example", "A.example", "a.example."] {
            assert!(DOMAIN.parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn nothing_begins_with_a_dash() {
        for kind in [&PROJECT, &SERVICE, &NAME, &DOMAIN, &SSH_HOST, &USER, &LOGIN, &PROJECT_PATH] {
            assert!(kind.parse("-oProxyCommand=x").is_none());
            assert!(kind.parse("-v").is_none());
        }
    }
}
