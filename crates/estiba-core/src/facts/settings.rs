//! The constants of `scripts/settings.sh`: one-line words, arrays and associative arrays, as the template writes them.
//! What has another form is no constant and stays unknown.

use std::collections::BTreeMap;

use super::Texts;

/// The file that holds every value of the scripts.
pub(crate) const SETTINGS: &str = "scripts/settings.sh";

/// Constants by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    words: BTreeMap<String, String>,
    arrays: BTreeMap<String, Vec<String>>,
    maps: BTreeMap<String, BTreeMap<String, String>>,
}

impl Settings {
    pub(crate) fn read(texts: &Texts) -> Self {
        texts.get(SETTINGS).map_or_else(Self::default, |(_, text)| Self::of_text(text))
    }

    /// The constants of a text.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut settings = Self::default();
        // The array or map that is open.
        let mut open: Option<(String, bool)> = None;
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with('#') {
                continue;
            }
            if let Some((name, map)) = &open {
                if line == ")" {
                    open = None;
                } else if *map {
                    settings.entry(name, line);
                } else if let Some(word) = unquote(line) {
                    settings.arrays.entry(name.clone()).or_default().push(word);
                }
                continue;
            }
            let map = line.starts_with("declare -A ") || line.starts_with("declare -gA ");
            let assignment = line.trim_start_matches("declare -gA ").trim_start_matches("declare -A ");
            let Some((name, value)) = assignment.split_once('=') else { continue };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            match value {
                "(" => {
                    if map {
                        settings.maps.entry(name.to_owned()).or_default();
                    } else {
                        settings.arrays.entry(name.to_owned()).or_default();
                    }
                    open = Some((name.to_owned(), map));
                }
                "()" if map => drop(settings.maps.entry(name.to_owned()).or_default()),
                "()" => drop(settings.arrays.entry(name.to_owned()).or_default()),
                value => {
                    if let Some(word) = unquote(value) {
                        settings.words.insert(name.to_owned(), word);
                    }
                }
            }
        }
        settings
    }

    fn entry(&mut self, map: &str, line: &str) {
        let parts = line.strip_prefix('[').and_then(|rest| rest.split_once("]="));
        if let Some((key, value)) = parts.and_then(|(key, value)| Some((unquote(key)?, unquote(value)?))) {
            self.maps.entry(map.to_owned()).or_default().insert(key, value);
        }
    }

    /// A word.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(String::as_str)
    }

    /// An array; empty when there is none.
    #[must_use]
    pub fn array(&self, name: &str) -> &[String] {
        self.arrays.get(name).map_or(&[], Vec::as_slice)
    }

    /// An associative array.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.maps.get(name)
    }

    /// The mode that is verified: the larger one where there are two, because it includes the other.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        if self.word("HAS_MONITORING") == Some("yes") { "hybrid" } else { "minimal" }
    }

    /// A text with `$NAME`, `${NAME}` and `${ARRAY[@]}` replaced. An array gives one text for each item, everywhere in
    /// the text the same item; `$MODE` is the mode that is verified.
    ///
    /// # Errors
    /// The name that has no value here.
    pub fn expand(&self, text: &str) -> Result<Vec<String>, String> {
        let mut texts = vec![String::new()];
        let mut chosen: Option<(String, usize)> = None;
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            for text in &mut texts {
                text.push_str(&rest[..at]);
            }
            rest = &rest[at + 1..];
            let (name, after) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((name, after)) => (name, after),
                None => {
                    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                    rest.split_at(end)
                }
            };
            rest = after;
            if let Some(array) = name.strip_suffix("[@]") {
                let Some(items) = self.arrays.get(array) else { return Err(array.to_owned()) };
                match &chosen {
                    Some((known, count)) if known == array && *count == items.len() => {
                        for (text, item) in texts.iter_mut().zip(items) {
                            text.push_str(item);
                        }
                    }
                    Some(_) => return Err(array.to_owned()),
                    None => {
                        let before = texts.pop().unwrap_or_default();
                        texts = items.iter().map(|item| format!("{before}{item}")).collect();
                        chosen = Some((array.to_owned(), items.len()));
                    }
                }
            } else {
                let value = if name == "MODE" { Some(self.mode()) } else { self.word(name) };
                let Some(value) = value else { return Err(name.to_owned()) };
                for text in &mut texts {
                    text.push_str(value);
                }
            }
        }
        for text in &mut texts {
            text.push_str(rest);
        }
        Ok(texts)
    }
}

/// A word without expansions, its quotes removed.
fn unquote(word: &str) -> Option<String> {
    if let Some(inner) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(inner.replace("'\\''", "'"));
    }
    let plain = |c: char| !c.is_whitespace() && !"\"'$`\\;&|<>()".contains(c);
    word.chars().all(plain).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn words_arrays_and_maps_are_read() {
        let text = "A=x\nB='it'\\''s'\nL=(\n  one\n  'two'\n)\ndeclare -A M=(\n  [k]=v\n)\nD=$(date)\n";
        let settings = Settings::of_text(text);
        assert_eq!(settings.word("A"), Some("x"));
        assert_eq!(settings.word("B"), Some("it's"));
        assert_eq!(settings.array("L"), ["one", "two"]);
        assert_eq!(settings.map("M").and_then(|map| map.get("k")).map(String::as_str), Some("v"));
        assert_eq!(settings.word("D"), None);
    }

    #[test]
    fn an_array_gives_a_text_for_each_item() {
        let settings = Settings::of_text("P=/opt\nL=(\n  a\n  b\n)\n");
        assert_eq!(
            settings.expand("file:$P/${L[@]}.conf=x/${L[@]}").unwrap(),
            ["file:/opt/a.conf=x/a", "file:/opt/b.conf=x/b"]
        );
        assert_eq!(settings.expand("$Q"), Err("Q".to_owned()));
    }
}
