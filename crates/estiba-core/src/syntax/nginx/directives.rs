//! What nginx knows about each directive: where it may stand, how many arguments it takes, and what a second one does.
//!
//! The facts are in `directives.tsv`, which `dev/nginx-directives/` makes from the nginx programs of Debian 12, 13 and
//! unstable: their standard modules, without third-party ones. A name that is not in it may come from such a module.

use std::sync::{LazyLock, OnceLock};

/// Which nginx is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// 1.22 (Debian 12)
    V1_22,
    /// 1.26 (Debian 13)
    V1_26,
    /// 1.30 (Debian unstable)
    V1_30,
}

impl Generation {
    /// Every generation, oldest first.
    pub const ALL: [Self; 3] = [Self::V1_22, Self::V1_26, Self::V1_30];

    /// Its version, as its tag begins.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::V1_22 => "1.22",
            Self::V1_26 => "1.26",
            Self::V1_30 => "1.30",
        }
    }

    const fn minor(self) -> u32 {
        match self {
            Self::V1_22 => 22,
            Self::V1_26 => 26,
            Self::V1_30 => 30,
        }
    }

    /// The generations on both sides of a version; twice the same where the facts of one are its own, and at the ends.
    /// Between two, a directive that either knows may be known: 1.28 is neither 1.26 nor 1.30.
    #[must_use]
    pub fn around(major: u32, minor: u32) -> (Self, Self) {
        let version = (major, minor);
        let below = Self::ALL.into_iter().rev().find(|known| (1, known.minor()) <= version).unwrap_or(Self::V1_22);
        let above = Self::ALL.into_iter().find(|known| (1, known.minor()) >= version).unwrap_or(Self::V1_30);
        (below, above)
    }
}

/// A kind of block that directives stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Outside every block.
    Main,
    /// `events`
    Events,
    /// `http`
    Http,
    /// `server` of `http`
    Server,
    /// `location`
    Location,
    /// `if` in a `server`
    IfInServer,
    /// `if` in a `location`
    IfInLocation,
    /// `limit_except`
    LimitExcept,
    /// `upstream` of `http`
    Upstream,
    /// `stream`
    Stream,
    /// `server` of `stream`
    StreamServer,
    /// `upstream` of `stream`
    StreamUpstream,
    /// `mail`
    Mail,
    /// `server` of `mail`
    MailServer,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 14] = [
        Self::Main,
        Self::Events,
        Self::Http,
        Self::Server,
        Self::Location,
        Self::IfInServer,
        Self::IfInLocation,
        Self::LimitExcept,
        Self::Upstream,
        Self::Stream,
        Self::StreamServer,
        Self::StreamUpstream,
        Self::Mail,
        Self::MailServer,
    ];

    /// Its name in the table and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Events => "events",
            Self::Http => "http",
            Self::Server => "server",
            Self::Location => "location",
            Self::IfInServer => "if-in-server",
            Self::IfInLocation => "if-in-location",
            Self::LimitExcept => "limit-except",
            Self::Upstream => "upstream",
            Self::Stream => "stream",
            Self::StreamServer => "stream-server",
            Self::StreamUpstream => "stream-upstream",
            Self::Mail => "mail",
            Self::MailServer => "mail-server",
        }
    }

    /// The context inside the block of a directive that stands here; `None` when what stands inside are no directives
    /// (`map`, `geo`, `split_clients`, `types`, `charset_map`), or no such block may stand here.
    #[must_use]
    pub fn inside(self, directive: &str) -> Option<Self> {
        Some(match (self, directive) {
            (Self::Main, "events") => Self::Events,
            (Self::Main, "http") => Self::Http,
            (Self::Main, "stream") => Self::Stream,
            (Self::Main, "mail") => Self::Mail,
            (Self::Http, "server") => Self::Server,
            (Self::Http, "upstream") => Self::Upstream,
            (Self::Server | Self::Location, "location") => Self::Location,
            (Self::Server, "if") => Self::IfInServer,
            (Self::Location, "if") => Self::IfInLocation,
            (Self::Location, "limit_except") => Self::LimitExcept,
            (Self::Stream, "server") => Self::StreamServer,
            (Self::Stream, "upstream") => Self::StreamUpstream,
            (Self::Mail, "server") => Self::MailServer,
            _ => return None,
        })
    }
}

/// A set of contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contexts(u16);

impl Contexts {
    /// Whether `context` is one of them.
    #[must_use]
    pub const fn contains(self, context: Context) -> bool {
        self.0 & (1 << context as u16) != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Context> {
        Context::ALL.into_iter().filter(move |context| self.contains(*context))
    }
}

/// How many arguments may stand behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Any number.
    Any,
    /// One, `on` or `off`.
    Flag,
    /// This many or more.
    AtLeast(usize),
    /// One of these numbers; bit n stands for n arguments.
    OneOf(u8),
}

impl Arity {
    /// Whether nginx takes `count` arguments.
    #[must_use]
    pub const fn accepts(self, count: usize) -> bool {
        match self {
            Self::Any => true,
            Self::Flag => count == 1,
            Self::AtLeast(least) => count >= least,
            Self::OneOf(bits) => count < 8 && bits & (1 << count) != 0,
        }
    }
}

/// What ends the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `;`
    Simple,
    /// A block.
    Block,
}

/// What a second one in the same block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// nginx refuses to start.
    Fatal,
    /// nginx refuses to start when it is equal to the first; another one adds to it.
    FatalIfEqual(Key),
    /// nginx warns, and the last one counts.
    Warns,
    /// nginx warns when it is equal to the first; another one adds to it.
    WarnsIfEqual(Key),
    /// Both count.
    Adds,
    /// The last one counts, silently.
    Last,
    /// The last one counts, silently, when it is equal to the first; another one adds to it.
    LastIfEqual(Key),
    /// The first one counts, silently.
    First,
    /// None counts: nginx has no use for it any more.
    Ignored,
}

/// What two must share to be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The first argument.
    First,
    /// All arguments.
    All,
    /// Any one argument (of `server_name` only across servers of one address, or where others listen there).
    Each,
    /// The zone: `zone=NAME:SIZE` or `zone=NAME`.
    Zone,
    /// The variable that it defines: the last argument.
    Variable,
    /// Something inside: an extension of `types`, the address (and name) of a `server`.
    Block,
}

/// Whether nginx complains about the directive as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It still works; nginx warns.
    Deprecated,
    /// It does nothing; nginx warns.
    Obsolete,
}

/// What one module says about one directive.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    name: &'static str,
    generations: u8,
    /// nginx's name for the module, without `ngx_` and `_module`.
    pub module: &'static str,
    /// Where it may stand.
    pub contexts: Contexts,
    /// How many arguments it takes.
    pub arity: Arity,
    /// What ends it.
    pub form: Form,
    /// What a second one does.
    pub repeat: Repeat,
    /// What nginx says about its age.
    pub notice: Option<Notice>,
}

/// A directive as one generation knows it. Several modules may share a name: `server` of `http`, `upstream`, `stream`
/// and `mail` are four rules.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    rows: &'static [Row],
    generation: u8,
}

impl Directive {
    /// What each module says.
    pub fn rules(self) -> impl Iterator<Item = &'static Rule> {
        self.rows.iter().filter_map(Row::rule).filter(move |rule| rule.generations & self.generation != 0)
    }

    /// What holds in `context`; `None` when nginx says it "is not allowed here".
    #[must_use]
    pub fn rule(self, context: Context) -> Option<&'static Rule> {
        self.rules().find(|rule| rule.contexts.contains(context))
    }
}

/// A row of the table. It is read when its directive is asked for: a configuration has few of those that there are.
#[derive(Debug)]
struct Row {
    name: &'static str,
    line: &'static str,
    read: OnceLock<Option<Rule>>,
}

impl Row {
    fn of(line: &'static str) -> Self {
        let name = memchr::memchr(b'\t', line.as_bytes()).map_or(line, |end| &line[..end]);
        Self { name, line, read: OnceLock::new() }
    }

    fn rule(&self) -> Option<&Rule> {
        self.read.get_or_init(|| rule(self.line)).as_ref()
    }
}

/// Sorted by name, as the generator leaves it.
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    include_str!("directives.tsv").lines().filter(|line| !line.starts_with('#')).map(Row::of).collect()
});

/// What nginx of this generation knows about a directive; `None` when it has none of that name.
#[must_use]
pub fn lookup(name: &str, generation: Generation) -> Option<Directive> {
    let first = TABLE.partition_point(|row| row.name < name);
    let rows = TABLE.get(first..)?;
    let rows = &rows[..rows.partition_point(|row| row.name == name)];
    let found = Directive { rows, generation: 1 << generation as u8 };
    found.rules().next().map(|_| found)
}

/// Every name of a generation, sorted and without repeats.
pub fn names(generation: Generation) -> impl Iterator<Item = &'static str> {
    let known = TABLE.iter().filter_map(Row::rule).filter(move |rule| rule.generations & (1 << generation as u8) != 0);
    let mut last = "";
    known.map(|rule| rule.name).filter(move |name| std::mem::replace(&mut last, name) != *name)
}

/// A row of the table; a test holds that every row is one.
fn rule(line: &'static str) -> Option<Rule> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let module = columns.next()?;
    let contexts = contexts(columns.next()?)?;
    let arity = arity(columns.next()?)?;
    let form = match columns.next()? {
        ";" => Form::Simple,
        "{" => Form::Block,
        _ => return None,
    };
    let repeat = repeat(columns.next()?)?;
    let notice = match columns.next()? {
        "-" => None,
        "deprecated" => Some(Notice::Deprecated),
        "obsolete" => Some(Notice::Obsolete),
        _ => return None,
    };
    let mut generations = 0;
    for word in columns.next()?.split(' ') {
        generations |= match word {
            "1.22" => 1 << Generation::V1_22 as u8,
            "1.26" => 1 << Generation::V1_26 as u8,
            "1.30" => 1 << Generation::V1_30 as u8,
            _ => return None,
        };
    }
    Some(Rule { name, generations, module, contexts, arity, form, repeat, notice })
}

fn contexts(column: &str) -> Option<Contexts> {
    if column == "any" {
        return Some(Contexts(u16::MAX));
    }
    column.split(' ').try_fold(Contexts(0), |set, word| {
        let context = Context::ALL.into_iter().find(|context| context.name() == word)?;
        Some(Contexts(set.0 | 1 << context as u16))
    })
}

fn arity(column: &str) -> Option<Arity> {
    Some(match column {
        "any" => Arity::Any,
        "flag" => Arity::Flag,
        "1+" => Arity::AtLeast(1),
        "2+" => Arity::AtLeast(2),
        counts => {
            Arity::OneOf(counts.split(',').try_fold(0, |bits, count| Some(bits | 1 << count.parse::<u8>().ok()?))?)
        }
    })
}

fn repeat(column: &str) -> Option<Repeat> {
    Some(match column.split_once(':') {
        None => match column {
            "fatal" => Repeat::Fatal,
            "warn" => Repeat::Warns,
            "adds" => Repeat::Adds,
            "last" => Repeat::Last,
            "first" => Repeat::First,
            "ignored" => Repeat::Ignored,
            _ => return None,
        },
        Some((effect, key)) => {
            let key = match key {
                "first" => Key::First,
                "all" => Key::All,
                "each" => Key::Each,
                "zone" => Key::Zone,
                "variable" => Key::Variable,
                "block" => Key::Block,
                _ => return None,
            };
            match effect {
                "fatal-equal" => Repeat::FatalIfEqual(key),
                "warn-equal" => Repeat::WarnsIfEqual(key),
                "last-equal" => Repeat::LastIfEqual(key),
                _ => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Arity, Context, Form, Generation, Key, Repeat, Row, TABLE, lookup, names};
    use Generation::{V1_22, V1_26, V1_30};

    fn repeat(name: &str, context: Context) -> Repeat {
        lookup(name, V1_22).unwrap().rule(context).unwrap().repeat
    }

    #[test]
    fn every_row_is_read_and_the_rows_are_sorted() {
        let rows = include_str!("directives.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.iter().filter_map(Row::rule).count(), rows);
        assert!(TABLE.is_sorted_by_key(|row| row.name));
    }

    #[test]
    fn a_directive_is_known_where_its_generation_has_it() {
        let known = |name| Generation::ALL.map(|generation| lookup(name, generation).is_some());
        assert_eq!(known("ssl"), [true, false, false]);
        assert_eq!(known("http2"), [false, true, true]);
        assert_eq!(known("keepalive_min_timeout"), [false, false, true]);
        assert_eq!(known("server_nam"), [false; 3]);
        assert_eq!(names(V1_22).filter(|name| *name == "server").count(), 1);
    }

    #[test]
    fn a_shared_name_has_the_rule_of_its_place() {
        let server = lookup("server", V1_30).unwrap();
        assert_eq!(server.rule(Context::Http).unwrap().form, Form::Block);
        assert_eq!(server.rule(Context::Upstream).unwrap().arity, Arity::AtLeast(1));
        assert!(server.rule(Context::Location).is_none());
        assert!(lookup("include", V1_22).unwrap().rule(Context::StreamUpstream).is_some());
    }

    #[test]
    fn a_repeat_does_what_nginx_does() {
        assert_eq!(repeat("ssl_prefer_server_ciphers", Context::Http), Repeat::Fatal);
        assert_eq!(repeat("add_header", Context::Server), Repeat::Adds);
        assert_eq!(repeat("server", Context::Upstream), Repeat::Adds);
        assert_eq!(repeat("listen", Context::Server), Repeat::FatalIfEqual(Key::First));
        assert_eq!(repeat("location", Context::Server), Repeat::FatalIfEqual(Key::All));
        assert_eq!(repeat("server_name", Context::Server), Repeat::WarnsIfEqual(Key::Each));
        assert_eq!(repeat("ssl_protocols", Context::Http), Repeat::WarnsIfEqual(Key::Each));
        assert_eq!(repeat("map", Context::Http), Repeat::LastIfEqual(Key::Variable));
    }

    #[test]
    fn argument_counts_are_nginx_own() {
        let accepts = |name, context| {
            let arity = lookup(name, V1_22).unwrap().rule(context).unwrap().arity;
            [0, 1, 2, 9].map(|count| arity.accepts(count))
        };
        assert_eq!(accepts("gzip", Context::Http), [false, true, false, false]);
        assert_eq!(accepts("index", Context::Http), [false, true, true, true]);
        assert_eq!(accepts("internal", Context::Location), [true, false, false, false]);
    }

    #[test]
    fn a_version_between_two_generations_has_both() {
        assert_eq!(Generation::around(1, 26), (V1_26, V1_26));
        assert_eq!(Generation::around(1, 28), (V1_26, V1_30));
        assert_eq!(Generation::around(1, 18), (V1_22, V1_22));
        assert_eq!(Generation::around(2, 0), (V1_30, V1_30));
    }
}
