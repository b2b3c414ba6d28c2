//! What the wall takes, and what the captain takes for it.

use std::path::PathBuf;

use clap::Args;

/// What `wall` takes.
#[derive(Debug, Args)]
pub struct WallArgs {
    /// The view's file [else the readers' place, else beside the store].
    #[arg(long, value_name = "FILE", env = "POOLDECK_VIEW")]
    pub view: Option<PathBuf>,
    /// Read it on another host: one ssh that runs `pooldeck wall --feed` there.
    #[arg(long, value_name = "ssh:HOST", conflicts_with_all = ["view", "feed"])]
    pub via: Option<String>,
    /// How long a page is shown, where one does not hold all.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u32).range(3..=3600))]
    pub page_seconds: u32,
    /// Dark from nine in the evening to seven in the morning.
    #[arg(long)]
    pub dim: bool,
    /// No screen: print the view as one line of JSON whenever it changes.
    #[arg(long)]
    pub feed: bool,
}

/// What the captain takes for the wall.
#[derive(Debug, Default, Args)]
pub struct HangArgs {
    /// Write the wall's view to this file [else beside the store].
    #[arg(long, value_name = "FILE", env = "POOLDECK_VIEW")]
    pub view: Option<PathBuf>,
    /// Let this group read it; without --view it is then at /run/pooldeck-wall.
    #[arg(long, value_name = "GROUP", env = "POOLDECK_VIEW_GROUP")]
    pub view_group: Option<String>,
    /// What people call the room.
    #[arg(long, value_name = "NAME", env = "POOLDECK_ROOM")]
    pub room: Option<String>,
}
