//! nginx configuration as a tree of directives with byte spans, and what nginx knows about each directive.
//!
//! The tokenizer is a port of nginx's own `ngx_conf_read_token`
//! ([`ngx_conf_file.c`](https://github.com/nginx/nginx/blob/master/src/core/ngx_conf_file.c)), so a text is refused here
//! exactly when nginx refuses it, in the same words and on the same line. Unlike nginx it goes on after an error.
//!
//! Nothing here opens an `include`: which files a configuration is made of is not a matter of grammar.

mod directives;
mod lua;
mod parse;
mod token;
mod tree;
pub mod variables;

pub use directives::{
    Arity, Context, Contexts, Directive as KnownDirective, Form, Generation, Key, Notice, Repeat, Rule, lookup, names,
};
pub use parse::{MAX_DEPTH, parse};
pub use tree::{Block, Directive, Parsed, SyntaxError, Word};
