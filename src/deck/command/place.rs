//! Where keys go.

/// Where a key is pressed: which screen, and what has the focus there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Home.
    Pools,
    /// One pool.
    Pool,
    /// All servers.
    Servers,
    /// One server.
    Server,
    /// All runs.
    Runs,
    /// One run.
    Run,
    /// All that one step printed.
    Log,
    /// Everything that is wrong.
    Problems,
    /// Who did what.
    History,
    /// The keys.
    Help,
    /// The resize dialog.
    Resize,
    /// The dialog for a new pool.
    Create,
    /// A plan before it is confirmed.
    Preview,
    /// The action menu.
    Menu,
    /// The palette: letters are text.
    Palette,
    /// A line of text has the focus: letters are text.
    Text,
    /// A field of a question has the focus: every letter is text, `Y` too.
    Field,
    /// The last line of a question, where `Y` confirms.
    Question,
    /// Which servers may be used.
    Offer,
    /// The lines that offer them.
    Lines,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 20] = [
        Self::Pools,
        Self::Pool,
        Self::Servers,
        Self::Server,
        Self::Runs,
        Self::Run,
        Self::Log,
        Self::Problems,
        Self::History,
        Self::Help,
        Self::Resize,
        Self::Create,
        Self::Preview,
        Self::Menu,
        Self::Palette,
        Self::Text,
        Self::Field,
        Self::Question,
        Self::Offer,
        Self::Lines,
    ];
    pub(super) const VIEWS: &'static [Self] = &[
        Self::Pools,
        Self::Pool,
        Self::Servers,
        Self::Server,
        Self::Runs,
        Self::Run,
        Self::Log,
        Self::Problems,
        Self::History,
        Self::Help,
        Self::Offer,
    ];

    /// True where letters are text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Palette | Self::Text | Self::Field)
    }

    pub(super) const NOT_TEXT: &'static [Self] = &[
        Self::Pools,
        Self::Pool,
        Self::Servers,
        Self::Server,
        Self::Runs,
        Self::Run,
        Self::Log,
        Self::Problems,
        Self::History,
        Self::Help,
        Self::Resize,
        Self::Create,
        Self::Preview,
        Self::Menu,
        Self::Question,
        Self::Offer,
        Self::Lines,
    ];
}
