//! What Estiba's own tests share. Development only: no product crate depends on it.
//!
//! Today it holds the [`judges`]: the real programs that say whether a generated tree is right.

pub mod judges;
