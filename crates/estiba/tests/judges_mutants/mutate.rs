//! One mistake in a text.

use super::chance::Chance;
use super::target::Format;

/// A text with one mistake, and what was done; `None` where nothing came of it.
pub(crate) fn mutate(text: &str, format: Format, chance: &mut Chance) -> Option<(String, String)> {
    if format == Format::Nginx && chance.below(8) == 0 {
        return if chance.below(2) == 0 { zone(text, chance) } else { newer(text, chance) };
    }
    let lines: Vec<&str> = text.lines().collect();
    let own: Vec<usize> = (0..lines.len())
        .filter(|at| !lines[*at].trim().is_empty() && !lines[*at].trim_start().starts_with('#'))
        .collect();
    if own.is_empty() {
        return None;
    }
    let at = own[chance.below(own.len())];
    let line = lines[at];
    let join = |lines: &[String]| format!("{}\n", lines.join("\n"));
    let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let done = match chance.below(9) {
        0 => {
            changed.remove(at);
            format!("removed line {}: {}", at + 1, line.trim())
        }
        1 => {
            changed.insert(at, line.to_owned());
            format!("repeated line {}: {}", at + 1, line.trim())
        }
        2 => {
            let to = own[chance.below(own.len())];
            let moved = changed.remove(at);
            changed.insert(to.min(changed.len()), moved);
            format!("moved line {} to {}: {}", at + 1, to + 1, line.trim())
        }
        3 => {
            let words: Vec<(usize, &str)> = words(line);
            let (start, word) = *words.get(chance.below(words.len()))?;
            let cut = chance.below(word.len());
            changed[at] = format!("{}{}{}", &line[..start], &word[..cut], &line[start + cut + 1..]);
            format!("took a letter from `{word}` in line {}: {}", at + 1, changed[at].trim())
        }
        4 => {
            let words: Vec<(usize, &str)> = words(line);
            let (start, word) = *words.get(chance.below(words.len()))?;
            changed[at] = format!("{}{word}x{}", &line[..start], &line[start + word.len()..]);
            format!("renamed `{word}` in line {}: {}", at + 1, changed[at].trim())
        }
        5 => {
            let end = line.rfind([';', '}', '{', ':'])?;
            changed[at] = format!("{}{}", &line[..end], &line[end + 1..]);
            format!("took the last sign from line {}: {}", at + 1, changed[at].trim())
        }
        6 => {
            let other = own[chance.below(own.len())];
            changed.swap(at, other);
            format!("swapped lines {} and {}", at + 1, other + 1)
        }
        7 => {
            let digits = line.find(|c: char| c.is_ascii_digit())?;
            let other = if line[digits..].starts_with('7') { "8" } else { "7" };
            changed[at] = format!("{}{other}{}", &line[..digits], &line[digits + 1..]);
            format!("changed a number in line {}: {}", at + 1, changed[at].trim())
        }
        _ => {
            let words: Vec<(usize, &str)> = words(line);
            let (start, word) = *words.get(chance.below(words.len()))?;
            changed[at] = format!("{}{}", &line[..start], line[start + word.len()..].trim_start());
            format!("removed `{word}` from line {}: {}", at + 1, changed[at].trim())
        }
    };
    let result = join(&changed);
    (result != text).then_some((result, done))
}

/// Words of ASCII letters, with their places.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (c.is_ascii_alphanumeric() || c == '_' || c == '-', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if at - from > 1 {
                    found.push((from, &line[from..at]));
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// What declares a shared zone in `http`; `NAME` and `SIZE` are put in.
const ZONES: [&str; 6] = [
    "limit_req_zone $binary_remote_addr zone=NAME:SIZE rate=1r/s;",
    "limit_conn_zone $binary_remote_addr zone=NAME:SIZE;",
    "proxy_cache_path /var/cache/nginx/NAME keys_zone=NAME:SIZE;",
    "fastcgi_cache_path /var/cache/nginx/other keys_zone=NAME:SIZE;",
    "ssl_session_cache shared:NAME:SIZE;",
    "upstream twin-NAME { zone NAME SIZE; server 127.0.0.1:1; }",
];

/// A second zone of one name: beside one that is there, or two new ones.
fn zone(text: &str, chance: &mut Chance) -> Option<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let opens = |line: &str| line.trim_start().starts_with("server {") || line.trim_start().starts_with("upstream ");
    let places: Vec<usize> = (0..lines.len()).filter(|at| opens(lines[*at])).collect();
    let at = *chance.of(&places)?;
    let there: Vec<&str> = lines.iter().filter_map(|line| zone_name(line)).collect();
    let mut added = Vec::new();
    let name = match chance.of(&there).filter(|_| chance.below(2) == 0) {
        Some(name) => (*name).to_owned(),
        None => "twin".to_owned(),
    };
    for _ in 0..if name == "twin" { 2 } else { 1 } {
        let size = chance.of(&["64k", "128k", "10m"])?;
        added.push(chance.of(&ZONES)?.replace("NAME", &name).replace("SIZE", size));
    }
    let mut changed: Vec<&str> = lines.clone();
    changed.splice(at..at, added.iter().map(String::as_str));
    Some((format!("{}\n", changed.join("\n")), format!("added at line {}: {}", at + 1, added.join(" "))))
}

/// The name of the zone that a line declares.
fn zone_name(line: &str) -> Option<&str> {
    let rest = ["keys_zone=", "zone=", "shared:", "    zone "].iter().find_map(|mark| line.split_once(mark))?.1;
    rest.split([':', ' ', ';']).next().filter(|name| !name.is_empty())
}

/// Directives and parameters that a later nginx brought, with what opens a block in which they may stand.
const NEWER: [(&str, &str); 12] = [
    ("server {", "http2 on;"),
    ("server {", "http3 on;"),
    ("server {", "http3_hq on;"),
    ("server {", "quic_retry on;"),
    ("server {", "quic_gso on;"),
    ("server {", "listen 8443 quic;"),
    ("server {", "ssl_reject_handshake on;"),
    ("server {", "keepalive_min_timeout 5s;"),
    ("location ", "keepalive_time 1h;"),
    ("location ", "early_hints $http2;"),
    ("upstream ", "resolver 127.0.0.11;"),
    ("upstream ", "server 127.0.0.1:8 resolve;"),
];

/// What only a later nginx knows, where it would take it; or `resolve` behind a server that is there.
fn newer(text: &str, chance: &mut Chance) -> Option<(String, String)> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let servers: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].trim_start().starts_with("server ") && lines[*at].ends_with(';'))
        .collect();
    if let Some(at) = chance.of(&servers).copied().filter(|_| chance.below(2) == 0) {
        lines[at] = lines[at].replace(';', " resolve;");
        return Some((format!("{}\n", lines.join("\n")), format!("`resolve` in line {}", at + 1)));
    }
    let choices: Vec<(usize, &str)> = (0..lines.len())
        .flat_map(|at| NEWER.iter().map(move |newer| (at, newer)))
        .filter(|(at, (opens, _))| lines[*at].trim_start().starts_with(opens) && lines[*at].ends_with('{'))
        .map(|(at, (_, added))| (at, *added))
        .collect();
    let (at, added) = *chance.of(&choices)?;
    lines.insert(at + 1, added.to_owned());
    Some((format!("{}\n", lines.join("\n")), format!("added below line {}: {added}", at + 1)))
}
