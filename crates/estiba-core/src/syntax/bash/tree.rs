//! What a script says, with the place of everything.

use std::borrow::Cow;

use super::few::Few;
use crate::source::{Span, Spanned};

/// One parsed script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script<'a> {
    /// What it runs, in order; up to the first error where there is one.
    pub list: List<'a>,
    /// Comments from `#` to the end of their line, in order. A `#` in quotes or in a here-document is none.
    pub comments: Vec<Span>,
    /// The names of the functions that it defines, also inside of others.
    pub functions: Vec<Name<'a>>,
    /// The names of variables and functions, by [`Name::number`].
    pub names: Vec<&'a str>,
    /// Here-documents, by [`Target::HereDocument`].
    pub documents: Vec<Word<'a>>,
    /// What bash would refuse; parsing ends at the first.
    pub errors: Vec<SyntaxError>,
}

/// The name of a variable or a function. In a script equal texts have equal numbers: who asks often asks by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// As it is written.
    pub text: &'a str,
    /// Its place in [`Script::names`].
    pub number: u32,
}

/// Why a script cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What was met.
    pub span: Span,
    /// One sentence without a full stop.
    pub message: String,
    /// Where the construct that is not closed was opened.
    pub opened: Option<Span>,
}

/// Commands separated by `;`, `&` or ends of lines.
pub type List<'a> = Vec<AndOr<'a>>;

/// Pipelines joined by `&&` and `||`, which bind equally and from the left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndOr<'a> {
    /// The first pipeline.
    pub first: Pipeline<'a>,
    /// The others, each with what joins it to those before.
    pub rest: Vec<(Join, Pipeline<'a>)>,
    /// It ends with `&`.
    pub background: bool,
}

/// What stands between two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline<'a> {
    /// It begins with `!`.
    pub negated: bool,
    /// At least one.
    pub commands: Few<Command<'a>>,
}

/// One command with its redirects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// What it is.
    pub kind: CommandKind<'a>,
    /// In order.
    pub redirects: Vec<Redirect<'a>>,
    /// From its first to its last character.
    pub span: Span,
}

/// The kinds of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandKind<'a> {
    /// Assignments, then the command and its arguments; either may be empty.
    Simple {
        /// Before the command.
        assignments: Vec<Assignment<'a>>,
        /// The command and its arguments.
        words: Vec<Argument<'a>>,
    },
    /// `{ …; }`
    Group(List<'a>),
    /// `( … )`
    Subshell(List<'a>),
    /// `if`: conditions with what follows them, and the `else`.
    If {
        /// `if` and every `elif`.
        branches: Vec<(List<'a>, List<'a>)>,
        /// `else`
        otherwise: Option<List<'a>>,
    },
    /// `while` or `until`.
    Loop(Box<Loop<'a>>),
    /// `for NAME in …` (or `select`).
    For(Box<For<'a>>),
    /// `for ((…))`
    ArithmeticFor(Box<ArithmeticFor<'a>>),
    /// `case`
    Case(Box<Case<'a>>),
    /// `[[ … ]]`
    Test(Box<Test<'a>>),
    /// `(( … ))`
    Arithmetic(Box<Word<'a>>),
    /// `name() …`
    Function(Box<Function<'a>>),
}

/// `while` or `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop<'a> {
    /// `until`
    pub until: bool,
    /// Between `while` and `do`.
    pub condition: List<'a>,
    /// Between `do` and `done`.
    pub body: List<'a>,
}

/// `for NAME in …`; without `in` it goes over the positional parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For<'a> {
    /// The variable.
    pub name: Spanned<Name<'a>>,
    /// What stands after `in`.
    pub words: Option<Vec<Word<'a>>>,
    /// Between `do` and `done`.
    pub body: List<'a>,
}

/// `for ((…))`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArithmeticFor<'a> {
    /// Between the parentheses.
    pub header: Word<'a>,
    /// Between `do` and `done`.
    pub body: List<'a>,
}

/// `case`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    /// What is compared.
    pub subject: Word<'a>,
    /// In order.
    pub arms: Vec<Arm<'a>>,
}

/// `name() …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// Its name.
    pub name: Spanned<Name<'a>>,
    /// Its body.
    pub body: Command<'a>,
}

/// One arm of a `case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm<'a> {
    /// Any of these.
    pub patterns: Vec<Word<'a>>,
    /// What it runs.
    pub body: List<'a>,
    /// It ends with `;&` or `;;&`: arms after it may run too.
    pub falls_through: bool,
}

/// An argument: `declare -A MAP=(…)` has assignments among its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A word.
    Word(Word<'a>),
    /// An assignment after `declare`, `local`, `export`, `readonly` or `typeset`. Few arguments are one.
    Assignment(Box<Assignment<'a>>),
}

impl Argument<'_> {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Word(word) => word.span,
            Self::Assignment(assignment) => assignment.span,
        }
    }
}

/// `NAME=…`, `NAME+=…`, `NAME[index]=…`, `NAME=(…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<'a> {
    /// The variable.
    pub name: Name<'a>,
    /// Between the brackets.
    pub index: Option<Box<Word<'a>>>,
    /// `+=`
    pub append: bool,
    /// After the sign.
    pub value: AssignedValue<'a>,
    /// From the name to the end of the value.
    pub span: Span,
}

/// The right side of an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignedValue<'a> {
    /// One word, or nothing.
    Word(Option<Word<'a>>),
    /// `( … )`: each element with the key in its brackets.
    Array(Vec<(Option<Word<'a>>, Word<'a>)>),
}

/// A redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect<'a> {
    /// The number, or the name in braces, before the sign.
    pub descriptor: Option<&'a str>,
    /// `<`, `>`, `>>`, `<<`, `<<<`, `>&`, …
    pub operator: &'a str,
    /// Where to.
    pub target: Target<'a>,
    /// From its first to its last character.
    pub span: Span,
}

/// What a redirect leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A file or a descriptor.
    Word(Word<'a>),
    /// `script.documents[n]`
    HereDocument(usize),
}

/// The inside of `[[ … ]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test<'a> {
    /// `a || b`
    Or(Box<Test<'a>>, Box<Test<'a>>),
    /// `a && b`
    And(Box<Test<'a>>, Box<Test<'a>>),
    /// `! a`
    Not(Box<Test<'a>>),
    /// `-f word`; a word alone is `-n word`.
    Unary(&'a str, Word<'a>),
    /// `a == b`
    Binary(Word<'a>, &'a str, Word<'a>),
}

/// Something that expands to one or more fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// From its first to its last character, quotes included.
    pub span: Span,
    /// In order; never nested but in double quotes.
    pub parts: Few<Part<'a>>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text as it stands, escapes removed.
    Literal(&'a str),
    /// Text that is not split and no pattern: `'…'`, `\x`.
    Quoted(&'a str),
    /// The same of `$'…'`, its escapes resolved.
    Resolved(Box<str>),
    /// `"…"`
    Double(Box<[Part<'a>]>),
    /// `*`, `?`, `[…]` or `@(…)` outside quotes, as written.
    Glob(&'a str),
    /// `$name`, `${…}`
    Parameter(Box<Parameter<'a>>),
    /// `$( … )` and backquotes.
    Substitution(Box<List<'a>>),
    /// `<( … )` and `>( … )`
    Process(Box<List<'a>>),
    /// `$(( … ))`: its expansions.
    Arithmetic(Box<[Part<'a>]>),
}

/// An expansion of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name, a number, or one of `@ * # ? - $ !`.
    pub name: Name<'a>,
    /// `${#name}`
    pub length: bool,
    /// `${!name}`
    pub indirect: bool,
    /// Between the brackets; `@` and `*` are all elements.
    pub index: Option<Box<Word<'a>>>,
    /// `:-`, `#`, `%%`, `/`, `:` …; empty where there is none.
    pub operator: &'a str,
    /// After the operator.
    pub operand: Option<Box<Word<'a>>>,
    /// From `$` to its end.
    pub span: Span,
}

impl<'a> Word<'a> {
    /// Its text where nothing in it is expanded.
    #[must_use]
    pub fn constant(&self) -> Option<Cow<'a, str>> {
        match &*self.parts {
            [] => Some(Cow::Borrowed("")),
            [part] => part.constant(),
            parts => parts.iter().map(Part::constant).collect::<Option<String>>().map(Cow::Owned),
        }
    }

    /// Its text where it is one piece without quotes: what a reserved word or a name must be.
    #[must_use]
    pub fn bare(&self) -> Option<&str> {
        match &*self.parts {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

impl<'a> Part<'a> {
    /// Whether nothing in it is expanded.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Quoted(_) | Self::Resolved(_) => true,
            Self::Double(parts) => parts.iter().all(Self::is_constant),
            _ => false,
        }
    }

    fn constant(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Literal(text) | Self::Quoted(text) => Some(Cow::Borrowed(text)),
            Self::Resolved(text) => Some(Cow::Owned(String::from(&**text))),
            Self::Double(parts) => match &**parts {
                [] => Some(Cow::Borrowed("")),
                [part] => part.constant(),
                parts => parts.iter().map(Self::constant).collect::<Option<String>>().map(Cow::Owned),
            },
            _ => None,
        }
    }
}
