//! The picture: what people look at and type into. `update(&mut Model, Msg) -> Vec<Effect>`, `view(&Model, &mut Frame)`.
//! Must never open SSH or an API, and never act on a row that was not shown.

pub mod command;
pub mod doctor;
pub mod effect;
pub mod equivalent;
pub mod form;
pub mod list;
pub mod menu;
pub mod model;
pub mod msg;
pub mod offer;
pub mod palette;
pub mod preview;
pub mod question;
pub mod runbook;
pub mod runtime;
pub mod taste;
pub mod trend;
pub mod ui;
pub mod update;
pub mod world;

pub use self::{
    effect::Effect,
    model::Model,
    msg::Msg,
    runtime::{Frames, Options, Quiet, deck},
    ui::{Look, Theme, view},
    update::update,
    world::World,
};
