//! What each of our few roles looks like: the terminal's own palette, and four other sets.
//! Must never be all that tells two things apart: a state is always a symbol and a word, too.

use ratatui::style::{Color, Modifier, Style};

use super::role::Role;
use crate::fleet::inventory::nearest;

/// The look of every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme([Style; Role::ALL.len()]);

impl Theme {
    /// The terminal's own sixteen colours: right on every background that its owner made them for.
    pub const PALETTE: Self = Self::of(
        [Color::Green, Color::Yellow, Color::Yellow, Color::Red],
        Color::Blue,
        Style::new().add_modifier(Modifier::DIM),
    );
    /// Fixed colours that are read well on a light background.
    pub const LIGHT: Self = Self::of(
        indexed([28, 94, 130, 124]),
        Color::Indexed(25),
        Style::new().fg(Color::Indexed(241)),
    );
    /// Fixed colours that are read well on a dark background.
    pub const DARK: Self = Self::of(
        indexed([114, 179, 215, 210]),
        Color::Indexed(111),
        Style::new().fg(Color::Indexed(246)),
    );
    /// Blue, ochre and crimson: apart for everybody, on light and on dark backgrounds.
    pub const COLOUR_BLIND: Self = Self::of(
        indexed([32, 136, 136, 161]),
        Color::Indexed(32),
        Style::new().add_modifier(Modifier::DIM),
    );
    /// No colour: reverse, bold and dim only.
    pub const MONO: Self = Self::of(
        [Color::Reset; 4],
        Color::Reset,
        Style::new().add_modifier(Modifier::DIM),
    );
    /// All of them by name, the first is what a terminal gets that asks for nothing.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("palette", Self::PALETTE),
        ("light", Self::LIGHT),
        ("dark", Self::DARK),
        ("colour-blind", Self::COLOUR_BLIND),
        ("mono", Self::MONO),
    ];

    /// One of the sets by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(it, _)| *it == name);
        found.map(|(_, theme)| *theme)
    }

    /// What a person names: one of the sets, or none where it is a file's path.
    ///
    /// # Errors
    /// A sentence with the names that there are.
    pub fn of_name(name: &str) -> Result<Option<Self>, String> {
        if let Some(theme) = Self::named(name) {
            return Ok(Some(theme));
        }
        if name.contains(['/', '.']) {
            return Ok(None);
        }
        let names = Self::NAMED.map(|(name, _)| name);
        let hint = nearest(name, names).map_or_else(
            || {
                format!(
                    "there are {}; a file is named with its ending",
                    names.join(", ")
                )
            },
            |near| format!("did you mean `{near}`?"),
        );
        Err(format!("`{name}` is no set of colours\nhint: {hint}"))
    }

    /// The colours of well, changing, degraded and down, of the focus, and what is secondary.
    const fn of(lights: [Color; 4], focus: Color, dim: Style) -> Self {
        let [ok, changing, degraded, down] = lights;
        let bold = Style::new().add_modifier(Modifier::BOLD);
        Self([
            fg(ok, Style::new()),
            fg(changing, Style::new()),
            fg(degraded, Style::new()),
            fg(down, bold),
            Style::new(),
            Style::new(),
            Style::new(),
            dim,
            bold,
            fg(focus, bold),
            fg(changing, Style::new()),
            fg(down, bold),
            Style::new().add_modifier(Modifier::REVERSED),
        ])
    }

    /// How a role looks.
    #[must_use]
    pub const fn style(&self, role: Role) -> Style {
        self.0[role as usize]
    }

    /// The same with another look of one role.
    #[must_use]
    pub const fn with(mut self, role: Role, style: Style) -> Self {
        self.0[role as usize] = style;
        self
    }
}

/// Four of the 256 colours that no palette changes.
const fn indexed([ok, changing, degraded, down]: [u8; 4]) -> [Color; 4] {
    [
        Color::Indexed(ok),
        Color::Indexed(changing),
        Color::Indexed(degraded),
        Color::Indexed(down),
    ]
}

/// No colour is no wish for one: what a cell had before stays.
const fn fg(colour: Color, style: Style) -> Style {
    match colour {
        Color::Reset => style,
        colour => style.fg(colour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHTS: [Role; 4] = [Role::Ok, Role::Changing, Role::Degraded, Role::Down];
    /// How people without red, without green and with all cones see red, green and blue (Machado 2009).
    const EYES: [[[f64; 3]; 3]; 3] = [
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ];

    /// One of the 216 colours of the cube, or of the 24 greys, in linear light.
    fn light(theme: &Theme, role: Role) -> [f64; 3] {
        let Some(Color::Indexed(n)) = theme.style(role).fg else {
            panic!("{role:?} has no fixed colour");
        };
        let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
        let rgb = match n {
            232.. => [8 + 10 * (n - 232); 3],
            _ => [(n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6].map(step),
        };
        rgb.map(|c| ((f64::from(c) / 255.0 + 0.055) / 1.055).powf(2.4))
    }

    fn contrast(light: [f64; 3], paper: f64) -> f64 {
        let ink = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
        (ink.max(paper) + 0.05) / (ink.min(paper) + 0.05)
    }

    /// How far apart two colours are for an eye, as CIELAB has it: 2 is just seen, 40 is another colour.
    fn apart(a: [f64; 3], b: [f64; 3], eye: &[[f64; 3]; 3]) -> f64 {
        let lab = |rgb: [f64; 3]| {
            let sum = |row: &[f64; 3]| row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2];
            let seen = [0, 1, 2].map(|n| sum(&eye[n]).clamp(0.0, 1.0));
            let cube = |row: [f64; 3], white: f64| {
                let part = (row[0] * seen[0] + row[1] * seen[1] + row[2] * seen[2]) / white;
                if part > 0.008_856 {
                    part.cbrt()
                } else {
                    7.787 * part + 16.0 / 116.0
                }
            };
            let red = cube([0.4124, 0.3576, 0.1805], 0.95047);
            let grey = cube([0.2126, 0.7152, 0.0722], 1.0);
            let blue = cube([0.0193, 0.1192, 0.9505], 1.08883);
            [116.0 * grey, 500.0 * (red - grey), 200.0 * (grey - blue)]
        };
        let (one, other) = (lab(a), lab(b));
        let squares = (0..3).map(|n| (one[n] - other[n]).powi(2));
        squares.sum::<f64>().sqrt()
    }

    #[test]
    fn light_and_dark_are_read_on_their_background_and_colour_blind_on_both() {
        let black = |theme, role| contrast(light(&theme, role), 0.0);
        let white = |theme, role| contrast(light(&theme, role), 1.0);
        for role in [LIGHTS.as_slice(), &[Role::Focus, Role::Warn, Role::Alarm]].concat() {
            assert!(white(Theme::LIGHT, role) >= 4.5, "{role:?}");
            assert!(black(Theme::DARK, role) >= 4.5, "{role:?}");
            let both = white(Theme::COLOUR_BLIND, role).min(black(Theme::COLOUR_BLIND, role));
            assert!(both >= 3.0, "{role:?}");
        }
        assert!(white(Theme::LIGHT, Role::Dim) >= 4.5 && black(Theme::DARK, Role::Dim) >= 4.5);
    }

    #[test]
    fn well_degraded_and_down_are_three_colours_to_every_eye() {
        let of = |role| light(&Theme::COLOUR_BLIND, role);
        for eye in &EYES {
            for (a, b) in [
                (Role::Ok, Role::Degraded),
                (Role::Ok, Role::Down),
                (Role::Degraded, Role::Down),
            ] {
                let far = apart(of(a), of(b), eye);
                assert!(far >= 40.0, "{a:?} and {b:?}: {far}");
            }
        }
    }

    #[test]
    fn every_role_has_its_own_place_and_mono_has_no_colour() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(at, role as usize);
            let style = Theme::MONO.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }
}
