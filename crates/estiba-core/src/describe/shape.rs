//! The forms a value of the description may have.

use super::kinds::Kind;

/// What a value must look like.
pub(super) enum Shape {
    /// A text of a kind.
    Kind(&'static Kind),
    /// One of fixed words.
    Choice(&'static [&'static str]),
    /// A word of the choice, or else a text of the kind.
    ChoiceOr(&'static [&'static str], &'static Kind),
    /// A whole number.
    Integer {
        /// Least.
        min: u32,
        /// Most.
        max: u32,
    },
    /// `true` or `false`.
    Boolean,
    /// Any single value: a text, a number, a truth value or nothing.
    Scalar,
    /// Complete nginx directives for a `server` block.
    NginxLines,
    /// Fixed keys.
    Object(&'static [Field]),
    /// Free keys of a kind.
    Map(&'static Kind, &'static Shape),
    /// A list.
    List(&'static Shape),
    /// One value or a list of them.
    OneOrMany(&'static Shape),
    /// Nothing, or the shape.
    Optional(&'static Shape),
    /// A Compose service with our own keys beside Compose's.
    Service(&'static [Field]),
    /// What Compose says it is.
    Compose,
}

/// One key of an object.
pub(super) struct Field {
    /// The key.
    pub(super) name: &'static str,
    /// Its value.
    pub(super) shape: &'static Shape,
    /// Whether it must be there.
    pub(super) required: bool,
    /// One or two sentences for editors and the starter file.
    pub(super) doc: &'static str,
    /// An example value as JSON.
    pub(super) example: &'static str,
    /// The default as JSON, when there is a fixed one.
    pub(super) default: Option<&'static str>,
}
