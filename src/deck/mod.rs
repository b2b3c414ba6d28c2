//! The picture: what people look at and type into. `update(&mut Model, Msg) -> Vec<Effect>`, `view(&Model, &mut Frame)`.
//! Must never open SSH or an API, and never act on a row that was not shown.
