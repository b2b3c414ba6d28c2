//! What the things on the screen are, as far as their look is concerned.

/// What something on the screen is, as far as its look is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Well.
    Ok,
    /// A run works on it.
    Changing,
    /// It works, but something is wrong.
    Degraded,
    /// It does not work.
    Down,
    /// Not known.
    Unknown,
    /// Not to be taken.
    Apart,
    /// On purpose out of service.
    Maintenance,
    /// Secondary.
    Dim,
    /// What was asked for.
    Strong,
    /// Where the focus is.
    Focus,
    /// To be careful with.
    Warn,
    /// To be seen before all else.
    Alarm,
    /// The row that keys act on.
    Cursor,
}

impl Role {
    /// Every role, in the order of the styles of a [`Theme`].
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Changing,
        Self::Degraded,
        Self::Down,
        Self::Unknown,
        Self::Apart,
        Self::Maintenance,
        Self::Dim,
        Self::Strong,
        Self::Focus,
        Self::Warn,
        Self::Alarm,
        Self::Cursor,
    ];

    /// Its name in a theme file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changing => "changing",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
            Self::Apart => "apart",
            Self::Maintenance => "maintenance",
            Self::Dim => "dim",
            Self::Strong => "strong",
            Self::Focus => "focus",
            Self::Warn => "warn",
            Self::Alarm => "alarm",
            Self::Cursor => "cursor",
        }
    }
}
