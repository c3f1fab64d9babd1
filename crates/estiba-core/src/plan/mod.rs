//! What will happen: the steps of a first installation in order, and what an update from one tree to another touches.

mod install;
mod update;

pub use install::{Plan, Step, plan};
pub use update::{Action, Cause, Images, Lasting, Server, ServiceChange, State, Transfer, Update, update};
