//! Pictures as SVG that takes its colours from the page: each colour is drawn as a stand-in, and the
//! style sheet says what it is in the light and in the dark.

mod axes;
mod bars;
mod curves;
mod dots;
mod forest;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) use bars::{Bar, Bars, Tone};
pub(super) use curves::{Curves, Line};
pub(super) use dots::Dots;
pub(super) use forest::{Forest, Whisker};

/// Something to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plot {
    Bars(Bars),
    Curves(Curves),
    Dots(Dots),
    Forest(Forest),
}

/// Narrow enough to be read on a phone.
const WIDTH: u32 = 440;
const HEIGHT: u32 = 330;
const TEXT: u32 = 16;

// Stand-ins: see the style sheet.
const INK: RGBColor = RGBColor(1, 1, 1);
const LINE: RGBColor = RGBColor(2, 2, 2);
const GOOD: RGBColor = RGBColor(3, 3, 3);
const BAD: RGBColor = RGBColor(4, 4, 4);

/// The colour of a group.
const fn colour(place: usize) -> RGBColor {
    let shade = match place % 8 {
        0 => 0x10,
        1 => 0x11,
        2 => 0x12,
        3 => 0x13,
        4 => 0x14,
        5 => 0x15,
        6 => 0x16,
        _ => 0x17,
    };
    RGBColor(shade, shade, shade)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

impl Plot {
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::Bars(of) => of.title,
            Self::Curves(of) => of.title,
            Self::Dots(of) => of.title,
            Self::Forest(of) => of.title,
        }
    }

    /// Width and height.
    pub(super) fn size(&self) -> (u32, u32) {
        let height = match self {
            Self::Bars(of) => of.height(),
            Self::Curves(_) | Self::Dots(_) => HEIGHT,
            Self::Forest(of) => of.height(),
        };
        (WIDTH, height)
    }

    /// Names of the groups, in the order of their colours.
    pub(super) fn legend(&self) -> Vec<&str> {
        match self {
            Self::Bars(_) | Self::Forest(_) => Vec::new(),
            Self::Curves(of) => of.lines.iter().map(|line| line.name).collect(),
            Self::Dots(of) => of.groups.iter().map(|(name, _)| name.as_str()).collect(),
        }
    }
}

/// Draws it.
///
/// # Errors
/// When the library refuses to draw, which it has no reason to.
pub(super) fn draw(plot: &Plot) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, plot.size()).into_drawing_area();
        match plot {
            Plot::Bars(of) => of.draw(&area)?,
            Plot::Curves(of) => of.draw(&area)?,
            Plot::Dots(of) => of.draw(&area)?,
            Plot::Forest(of) => of.draw(&area)?,
        }
        area.present().map_err(refused)?;
    }
    Ok(svg)
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}

fn words(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// Words whose middle line begins, or ends, at a place.
fn beside(horizontal: HPos) -> TextStyle<'static> {
    words(TEXT).pos(Pos::new(horizontal, VPos::Center))
}

/// Numbers from one to another with some room at both ends; at least some span.
fn with_room(low: f64, high: f64) -> (f64, f64) {
    let room = ((high - low) * 0.06).max(1e-3);
    (low - room, high + room)
}

/// At a mark of an axis.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "as the library asks for it"
)]
fn mark(value: &f64) -> String {
    let written = format!("{value:.3}");
    let short = written.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0" } else { short }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_short() {
        let written = [0.25, 1.0, -0.0, 0.0].map(|value| mark(&value));
        assert_eq!(written, ["0.25", "1", "0", "0"]);
    }

    #[test]
    fn all_is_drawn_within_the_picture_however_odd_the_numbers() {
        let bars = Bars {
            title: "bars",
            bars: vec![Bar {
                name: "none".to_owned(),
                count: 0,
                tone: Tone::Bad,
            }],
        };
        let dots = Dots {
            title: "dots",
            x: "x".to_owned(),
            y: "y".to_owned(),
            groups: vec![("one".to_owned(), vec![(3.0, 3.0)])],
        };
        let forest = Forest {
            title: "forest",
            x: "x",
            rows: vec![Whisker {
                name: "bit".to_owned(),
                value: 1.0,
                low: -2.0,
                high: 9.0,
            }],
        };
        for plot in [Plot::Bars(bars), Plot::Dots(dots), Plot::Forest(forest)] {
            let svg = draw(&plot).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
