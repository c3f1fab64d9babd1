//! Touches the outside for the other crates, and decides nothing: what a tree contains and whether it is right is the
//! core's business.

mod claimed;
mod copy;
mod project;
pub mod rehearse;
mod replace;
mod ssh;
mod stamp;
mod tree_dir;

pub use claimed::Claimed;
pub use copy::CopyError;
pub use project::{Project, ProjectError};
pub use replace::{replace, write_file};
pub use ssh::Server;
pub use stamp::Stamp;
pub use tree_dir::{Change, Comparison, Foreign, Listed, TreeDir, TreeError, WriteReport};
