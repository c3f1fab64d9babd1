//! From a project description to an infrastructure tree: text in, values out.
//!
//! Data flows one way, along two chains that meet in [`tree`] and nowhere else:
//!
//! ```text
//! source → syntax → describe → model → render → tree
//!          source, syntax, tree → facts → steps → check, plan
//!                                                   check → mend
//!                                  facts, describe → adopt
//!                                          facts, guide, plan → rehearsal
//! ```
//!
//! Nothing here touches files, processes, the network, the clock, the environment or a terminal: what a stage needs
//! from outside comes in through [`source::Files`].

pub mod adopt;
pub mod check;
pub mod describe;
pub mod facts;
pub mod guide;
pub mod mend;
pub mod model;
pub mod plan;
mod quick;
pub mod rehearsal;
pub mod render;
pub mod source;
pub mod steps;
pub mod syntax;
pub mod tree;
pub mod work;
