//! The wall: a screen that hangs in the room for months, and the view that it reads.
//! Must never open the store, SSH to a server or an API, and never take a key but those that leave it.
//!
//! - [`view`], [`make`], [`veil`], [`hang`], [`place`]: the captain's side. The store's rows without addresses, users, paths and keys, in one file.
//! - [`source`], [`link`]: how it comes here: from that file, or over one `ssh` that prints it.
//! - [`model`], [`update`], [`turn`], [`draw`]: the picture, as functions of the view and the time.
//! - [`runtime`] with its screen, [`notify`]: the process on the terminal.

pub mod big;
pub mod draw;
pub mod grid;
pub mod hang;
pub mod link;
pub mod make;
pub mod model;
pub mod notify;
pub mod place;
pub mod runtime;
pub mod source;
pub mod turn;
pub mod update;
pub mod veil;
pub mod view;

pub use self::{
    model::{Condition, Model},
    runtime::{Options, Source, wall},
    update::{Effect, Msg, update},
    view::View,
};
