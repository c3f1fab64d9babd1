//! Words become fields.

use std::rc::Rc;

use super::name::Number;
use super::recall::Read;
use super::run::Run;
use super::string::Str;
use super::text::{self, Piece, has_hole};
use super::value::{Field, Value, is_unknown, push_hole};
use crate::syntax::bash::{AssignedValue, Assignment, CommandKind, List, Name, Parameter, Part, Target, Word};

impl<'a> Run<'a, '_> {
    /// The fields of a word: split where bash would split.
    pub(super) fn fields(&mut self, word: &'a Word<'a>, into: &mut Vec<Field<'a>>) {
        if let Some(text) = self.constant(word) {
            into.push(Field::one(text));
            return;
        }
        let (mut text, mut open, mut many) = (self.scratch.pop().unwrap_or_default(), false, false);
        self.parts(&word.parts, false, &mut |piece, quoted| match piece {
            Expanded::Text(piece) => {
                open |= quoted || !piece.is_empty();
                text.push_str(piece);
            }
            Expanded::Split(piece) => {
                if is_unknown(piece) && text.is_empty() {
                    many = true;
                }
                let mut first = true;
                for part in piece.split([' ', '\t', '\n']) {
                    if !first && open {
                        into.push(Field::one(Str::made(&text)));
                        text.clear();
                        open = false;
                    }
                    first = false;
                    if !part.is_empty() {
                        text.push_str(part);
                        open = true;
                    }
                }
            }
            Expanded::Next(field) => {
                if open {
                    into.push(Field::one(Str::made(&text)));
                    text.clear();
                    open = false;
                }
                if field.many {
                    into.push(field.clone());
                } else {
                    text.push_str(&field.text);
                    open = true;
                }
            }
        });
        if open {
            many &= is_unknown(&text);
            into.push(Field { text: Str::made(&text), many });
        }
        text.clear();
        self.scratch.push(text);
    }

    /// The text of a word in which nothing is expanded.
    pub(super) fn constant(&mut self, word: &'a Word<'a>) -> Option<Str<'a>> {
        // Most words show it at once.
        let parts = match &*word.parts {
            [Part::Double(inner)] => inner,
            parts => parts,
        };
        match parts {
            [] => return Some(Str::EMPTY),
            [Part::Literal(text) | Part::Quoted(text)] => return Some(Str::Script(text)),
            [Part::Resolved(text)] => return Some(Str::Script(text)),
            parts if !parts.iter().all(Part::is_constant) => return None,
            _ => {}
        }
        let at = std::ptr::from_ref(word);
        if let Some(text) = self.memory.words.get(&at) {
            return Some(text.clone());
        }
        let text = Str::made(&word.constant()?);
        self.memory.words.insert(at, text.clone());
        Some(text)
    }

    /// The text of a word where bash does not split it.
    pub(super) fn text(&mut self, word: &'a Word<'a>) -> Str<'a> {
        if let Some(text) = self.constant(word) {
            return text;
        }
        let parts = match &*word.parts {
            [Part::Double(parts)] => parts,
            parts => parts,
        };
        if let [Part::Parameter(parameter)] = parts
            && let Some(text) = self.plain(parameter)
        {
            return text;
        }
        let mut text = self.scratch.pop().unwrap_or_default();
        self.joined(&word.parts, &mut text);
        let whole = Str::made(&text);
        text.clear();
        self.scratch.push(text);
        whole
    }

    /// The value of `$name` without copying it.
    fn plain(&self, parameter: &Parameter<'a>) -> Option<Str<'a>> {
        let bare =
            parameter.operator.is_empty() && !parameter.length && !parameter.indirect && parameter.index.is_none();
        if !bare {
            return None;
        }
        match self.variables.get(self.number(parameter.name)) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn joined(&mut self, parts: &'a [Part<'a>], text: &mut String) {
        let mut fields = false;
        self.parts(parts, true, &mut |piece, _| match piece {
            Expanded::Text(piece) | Expanded::Split(piece) => text.push_str(piece),
            Expanded::Next(field) => {
                if fields {
                    text.push(' ');
                }
                fields = true;
                text.push_str(&field.text);
            }
        });
    }

    /// The pieces of a pattern.
    pub(super) fn pattern(&mut self, word: &'a Word<'a>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for part in &word.parts {
            match part {
                Part::Glob("*") => pieces.push(Piece::Any),
                Part::Glob("?") => pieces.push(Piece::One),
                Part::Glob(_) => pieces.push(Piece::Set),
                other => {
                    let mut text = String::new();
                    self.joined(std::slice::from_ref(other), &mut text);
                    for (number, literal) in text.split(text::is_hole).enumerate() {
                        if number > 0 {
                            pieces.push(Piece::Unknown);
                        }
                        match pieces.last_mut() {
                            _ if literal.is_empty() => {}
                            Some(Piece::Literal(before)) => before.push_str(literal),
                            _ => pieces.push(Piece::Literal(literal.to_owned())),
                        }
                    }
                }
            }
        }
        if pieces.is_empty() {
            pieces.push(Piece::Literal(String::new()));
        }
        pieces
    }

    fn parts(&mut self, parts: &'a [Part<'a>], quoted: bool, give: &mut dyn FnMut(Expanded<'_, 'a>, bool)) {
        for part in parts {
            match part {
                Part::Literal(text) => give(Expanded::Text(text), quoted),
                Part::Quoted(text) => give(Expanded::Text(text), true),
                Part::Resolved(text) => give(Expanded::Text(text), true),
                Part::Glob(text) => give(Expanded::Text(text), quoted),
                Part::Double(inner) => {
                    if inner.is_empty() {
                        give(Expanded::Text(""), true);
                    }
                    self.parts(inner, true, give);
                }
                Part::Parameter(parameter) => self.parameter(parameter, quoted, give),
                Part::Substitution(list) => {
                    let text = self.substitution(list);
                    give(if quoted { Expanded::Text(&text) } else { Expanded::Split(&text) }, quoted);
                }
                Part::Process(list) => {
                    self.subshell(list, false);
                    give(Expanded::Text("\u{1c}"), true);
                }
                Part::Arithmetic(inner) => {
                    // For what its substitutions do; sums are not computed.
                    self.joined(inner, &mut String::new());
                    give(Expanded::Text("\u{1a}"), true);
                }
            }
        }
    }

    /// What `$(…)` prints, without the newlines at its end.
    fn substitution(&mut self, list: &'a List<'a>) -> Str<'a> {
        if let [only] = list.as_slice()
            && let ([command], []) = (&*only.first.commands, only.rest.as_slice())
            && let CommandKind::Simple { assignments, words } = &command.kind
            && assignments.is_empty()
            && words.is_empty()
        {
            // `$(<file)`
            for redirect in &command.redirects {
                if let Target::Word(word) = &redirect.target {
                    let path = self.text(word);
                    self.reads(&path, word.span);
                }
            }
            return Str::HOLE;
        }
        self.capture(list)
    }

    fn parameter(&mut self, parameter: &'a Parameter<'a>, quoted: bool, give: &mut dyn FnMut(Expanded<'_, 'a>, bool)) {
        let index = parameter.index.as_ref().map(|index| self.text(index));
        let all = matches!(index.as_deref(), Some("@" | "*"))
            || (index.is_none() && matches!(parameter.name.text, "@" | "*"));
        if parameter.length {
            match self.fields_of(parameter.name, all).as_deref() {
                Some(fields) if all && !fields.iter().any(|field| field.many) => {
                    give(Expanded::Text(&fields.len().to_string()), quoted);
                }
                _ => give(Expanded::Text("\u{1a}"), quoted),
            }
            return;
        }
        if parameter.indirect {
            let keys: Option<Vec<Str<'a>>> = match self.variables.get(self.number(parameter.name)) {
                Some(Value::Map(map)) if all && !map.open => Some(map.entries.keys().cloned().collect()),
                _ => None,
            };
            match keys {
                Some(keys) => {
                    for key in keys {
                        give(Expanded::Next(&Field::one(key)), quoted);
                    }
                }
                None if all => give(Expanded::Next(&Field::unknown_many()), quoted),
                None => give(Expanded::Text("\u{1a}"), quoted),
            }
            return;
        }
        if all && matches!(parameter.operator, "" | ":-" | "-" | ":+" | "+") {
            let fields = self.fields_of(parameter.name, true).unwrap_or_else(|| Rc::new(vec![Field::unknown_many()]));
            if matches!(parameter.operator, ":+" | "+") {
                return;
            }
            let one_text = quoted && (index.as_deref() == Some("*") || parameter.name.text == "*");
            if one_text {
                let joined: Vec<&str> = fields.iter().map(|field| &*field.text).collect();
                give(Expanded::Text(&joined.join(" ")), quoted);
            } else {
                for field in fields.iter() {
                    give(Expanded::Next(field), quoted);
                }
            }
            return;
        }
        let value = if all { None } else { self.scalar(parameter.name, index.as_deref()) };
        let text = self.operate(parameter, if all { Some(Str::HOLE) } else { value });
        give(if quoted { Expanded::Text(&text) } else { Expanded::Split(&text) }, quoted);
    }

    /// A scalar or one element; `None` is unset.
    fn scalar(&self, name: Name<'a>, index: Option<&str>) -> Option<Str<'a>> {
        match (name.text, index) {
            ("BASH_SOURCE", None | Some("0")) => return Some(Str::made(&format!("{}/{}", text::ROOT, self.file.path))),
            ("0", None) => {
                self.variables.note(Read::Script);
                return Some(Str::made(&format!("{}/{}", text::ROOT, self.script)));
            }
            (digits, None) if digits.as_bytes().first().is_some_and(u8::is_ascii_digit) => {
                let number = digits.parse::<usize>().unwrap_or(0);
                let Some(Value::List(list)) = self.variables.get(Number::ARGUMENTS) else { return Some(Str::HOLE) };
                return element(list, number.wrapping_sub(1));
            }
            ("#", None) => {
                let Some(Value::List(list)) = self.variables.get(Number::ARGUMENTS) else { return Some(Str::HOLE) };
                let many = list.iter().any(|field| field.many);
                return Some(if many { Str::HOLE } else { Str::made(&list.len().to_string()) });
            }
            _ => {}
        }
        match (self.variables.get(self.number(name)), index) {
            (None, _) => Some(Str::HOLE),
            (Some(Value::Unset), _) => None,
            (Some(Value::Text(text)), None | Some("0")) => Some(text.clone()),
            (Some(Value::Text(text)), Some(_)) => {
                if is_unknown(text) {
                    Some(Str::HOLE)
                } else {
                    None
                }
            }
            (Some(Value::List(list)), index) => match index.unwrap_or("0").parse() {
                Ok(number) => element(list, number),
                Err(_) => Some(Str::HOLE),
            },
            (Some(Value::Map(map)), index) => {
                let key = index.unwrap_or("0");
                match map.entries.get(key) {
                    Some(value) if !has_hole(key) => Some(value.clone()),
                    None if !map.open && !has_hole(key) => None,
                    // Of a map without entries every look-up is empty, whatever the key.
                    None if !map.open && map.entries.is_empty() => None,
                    _ => Some(Str::HOLE),
                }
            }
        }
    }

    /// All fields of a list; `None` where nothing is known about it.
    fn fields_of(&self, name: Name<'a>, all: bool) -> Option<Rc<Vec<Field<'a>>>> {
        let name = if name.text == "*" { Number::ARGUMENTS } else { self.number(name) };
        match self.variables.get(name)? {
            Value::Unset => Some(Rc::new(Vec::new())),
            Value::Text(text) if is_unknown(text) && all => None,
            Value::Text(text) => Some(Rc::new(vec![Field::one(text.clone())])),
            Value::List(list) => Some(list.clone()),
            Value::Map(map) => {
                let mut fields: Vec<Field> = map.entries.values().cloned().map(Field::one).collect();
                if map.open {
                    fields.push(Field::unknown_many());
                }
                Some(Rc::new(fields))
            }
        }
    }

    fn operate(&mut self, parameter: &'a Parameter<'a>, value: Option<Str<'a>>) -> Str<'a> {
        let unknown = value.as_deref().is_some_and(is_unknown);
        let operator = parameter.operator;
        let empty = value.as_deref().is_none_or(|text| text.is_empty() && operator.starts_with(':'));
        match (operator, &parameter.operand) {
            ("", _) => value.unwrap_or(Str::EMPTY),
            (":-" | "-" | ":=" | "=", Some(operand)) => {
                if empty {
                    return self.text(operand);
                }
                let otherwise = if unknown { Some(self.text(operand)) } else { None };
                match (value, otherwise) {
                    // What is unknown may be this; nothing more can be said.
                    (Some(_), Some(_)) => Str::HOLE,
                    (value, _) => value.unwrap_or(Str::EMPTY),
                }
            }
            (":?" | "?", _) => value.unwrap_or(Str::HOLE),
            (":+" | "+", Some(operand)) => match () {
                () if empty => Str::EMPTY,
                () if unknown => Str::HOLE,
                () => self.text(operand),
            },
            ("#" | "##" | "%" | "%%", Some(operand)) => {
                let text = value.unwrap_or(Str::EMPTY);
                let pattern = self.pattern(operand);
                strip(&text, operator, &pattern)
            }
            _ => {
                if let Some(operand) = &parameter.operand {
                    self.text(operand);
                }
                Str::HOLE
            }
        }
    }

    pub(super) fn assign(&mut self, assignment: &'a Assignment<'a>, map: bool) {
        let name = self.number(assignment.name);
        match (&assignment.value, &assignment.index) {
            (AssignedValue::Array(elements), _) => {
                if let Some(value) = self.memory.arrays.get(&std::ptr::from_ref(assignment)) {
                    let value = value.clone();
                    self.variables.set(name, value);
                    return;
                }
                let is_map = map || matches!(self.variables.get(name), Some(Value::Map(_)));
                let constant = !assignment.append
                    && elements.iter().all(|(key, value)| {
                        value.constant().is_some() && key.as_ref().is_none_or(|key| key.constant().is_some())
                    });
                let value = if is_map {
                    let mut map = match self.variables.get(name) {
                        Some(Value::Map(before)) if assignment.append => super::value::Map::clone(before),
                        _ => super::value::Map::default(),
                    };
                    for (key, value) in elements {
                        let Some(key) = key else { continue };
                        let (key, value) = (self.text(key), self.text(value));
                        self.mentions(&value, assignment.span, super::Naming::Named);
                        map.open |= has_hole(&key);
                        map.entries.insert(key, value);
                    }
                    Value::Map(Rc::new(map))
                } else {
                    let mut list = match self.variables.get(name) {
                        Some(Value::List(before)) if assignment.append => Vec::clone(before),
                        Some(Value::Text(before)) if assignment.append => {
                            vec![Field { text: before.clone(), many: is_unknown(before) }]
                        }
                        None if assignment.append => vec![Field::unknown_many()],
                        _ => Vec::new(),
                    };
                    for (_, value) in elements {
                        let from = list.len();
                        self.fields(value, &mut list);
                        for field in &list[from..] {
                            let text = field.text.clone();
                            self.mentions(&text, value.span, super::Naming::Named);
                        }
                    }
                    // More of what may be any number is still any number.
                    list.dedup_by(|later, earlier| later.many && earlier.many);
                    Value::List(Rc::new(list))
                };
                if constant {
                    self.memory.arrays.insert(std::ptr::from_ref(assignment), value.clone());
                }
                self.variables.set(name, value);
            }
            (AssignedValue::Word(word), index) => {
                let mut text = word.as_ref().map_or(Str::EMPTY, |word| self.text(word));
                self.mentions(&text, assignment.span, super::Naming::Named);
                if let Some(index) = index {
                    let key = self.text(index);
                    self.assign_element(name, key, text);
                    return;
                }
                if assignment.append {
                    let before = match self.variables.get(name) {
                        Some(Value::Text(before)) => before.clone(),
                        Some(Value::Unset) => Str::EMPTY,
                        _ => Str::HOLE,
                    };
                    let mut longer = String::from(&*before);
                    if has_hole(&before) {
                        // In a loop it would grow without end.
                        push_hole(&mut longer);
                    } else {
                        longer.push_str(&text);
                    }
                    text = Str::made(&longer);
                }
                if text.len() > 65_536 {
                    text = Str::HOLE;
                }
                self.variables.set(name, Value::Text(text));
            }
        }
    }

    fn assign_element(&mut self, name: Number, key: Str<'a>, text: Str<'a>) {
        let value = match self.variables.get(name) {
            Some(Value::Map(map)) => {
                let mut map = super::value::Map::clone(map);
                if has_hole(&key) {
                    map.open = true;
                    map.entries.clear();
                } else {
                    map.entries.insert(key, text);
                }
                Value::Map(Rc::new(map))
            }
            Some(Value::List(_)) => Value::List(Rc::new(vec![Field::unknown_many()])),
            _ => Value::unknown(),
        };
        self.variables.set(name, value);
    }
}

enum Expanded<'t, 'a> {
    /// Belongs to the field that is being made.
    Text(&'t str),
    /// The same, but blanks in it end fields.
    Split(&'t str),
    /// A field of its own.
    Next(&'t Field<'a>),
}

fn element<'a>(list: &[Field<'a>], number: usize) -> Option<Str<'a>> {
    if list.iter().take(number.saturating_add(1)).any(|field| field.many) {
        return Some(Str::HOLE);
    }
    list.get(number).map(|field| field.text.clone())
}

/// `${x#…}` and the like. Where the text is partly unknown, only what is certain is kept.
fn strip<'a>(text: &Str<'a>, operator: &str, pattern: &[Piece]) -> Str<'a> {
    if has_hole(text) || text.len() > 4096 {
        // The literal at a known end can still be taken off.
        if let [Piece::Literal(literal)] = pattern {
            let stripped =
                if operator.starts_with('#') { text.strip_prefix(&**literal) } else { text.strip_suffix(&**literal) };
            if let Some(stripped) = stripped {
                return Str::made(stripped);
            }
        }
        return Str::HOLE;
    }
    if let Some(stripped) = strip_at_literal(text, operator, pattern) {
        return stripped.map_or_else(|| text.clone(), Str::made);
    }
    let mut cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // `#` and `%` take the shortest, which for `%` begins at the end.
    if matches!(operator, "##" | "%") {
        cuts.reverse();
    }
    for cut in cuts {
        let part = if operator.starts_with('#') { &text[..cut] } else { &text[cut..] };
        match text::matches(part, pattern) {
            Some(true) => return Str::made(if operator.starts_with('#') { &text[cut..] } else { &text[..cut] }),
            Some(false) => {}
            None => return Str::HOLE,
        }
    }
    text.clone()
}

/// Where the pattern is a literal, or one with `*` on the far side: what is left, or `None` where it does not fit.
fn strip_at_literal<'t>(text: &'t str, operator: &str, pattern: &[Piece]) -> Option<Option<&'t str>> {
    match (operator, pattern) {
        ("#" | "##", [Piece::Literal(literal)]) => Some(text.strip_prefix(&**literal)),
        ("%" | "%%", [Piece::Literal(literal)]) => Some(text.strip_suffix(&**literal)),
        ("#", [Piece::Any, Piece::Literal(literal)]) => Some(text.split_once(&**literal).map(|(_, rest)| rest)),
        ("##", [Piece::Any, Piece::Literal(literal)]) => Some(text.rsplit_once(&**literal).map(|(_, rest)| rest)),
        ("%", [Piece::Literal(literal), Piece::Any]) => Some(text.rsplit_once(&**literal).map(|(rest, _)| rest)),
        ("%%", [Piece::Literal(literal), Piece::Any]) => Some(text.split_once(&**literal).map(|(rest, _)| rest)),
        _ => None,
    }
}
