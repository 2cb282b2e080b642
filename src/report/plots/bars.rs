//! Counts as bars, one below another.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, BAD, GOOD, LINE, WIDTH, beside, colour, refused};

/// Counts from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bars {
    pub(crate) title: &'static str,
    pub(crate) bars: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) tone: Tone,
}

/// What a count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Bad,
}

const ROW: i32 = 26;
/// Where bars begin and where the longest ends.
const FROM: i32 = 118;
const TO: i32 = 340;

impl Bars {
    pub(super) fn height(&self) -> u32 {
        u32::try_from(self.bars.len())
            .unwrap_or(0)
            .saturating_mul(ROW.unsigned_abs())
            .max(1)
    }

    pub(super) fn draw(&self, area: &Area<'_>) -> Result<()> {
        let most = self.bars.iter().map(|bar| bar.count).max().unwrap_or(0);
        for (bar, top) in self
            .bars
            .iter()
            .zip((0..).step_by(ROW.unsigned_abs() as usize))
        {
            let middle = top + ROW / 2;
            let fill = match bar.tone {
                Tone::Plain => colour(0),
                Tone::Good => GOOD,
                Tone::Bad => BAD,
            };
            let end = FROM + length(bar.count, most);
            let name = Text::new(bar.name.as_str(), (FROM - 8, middle), beside(HPos::Right));
            area.draw(&name).map_err(refused)?;
            let axis = [(FROM, top), (FROM, top + ROW)];
            area.draw(&PathElement::new(axis, LINE)).map_err(refused)?;
            if end > FROM {
                let shape = Rectangle::new([(FROM, top + 5), (end, top + ROW - 5)], fill.filled());
                area.draw(&shape).map_err(refused)?;
            }
            let count = Text::new(bar.count.to_string(), (end + 6, middle), beside(HPos::Left));
            area.draw(&count).map_err(refused)?;
        }
        Ok(())
    }
}

/// A count's share of the room; one that is not 0 can be seen.
fn length(count: u64, most: u64) -> i32 {
    let room = u128::from((TO - FROM).unsigned_abs());
    let scaled = u128::from(count) * room / u128::from(most.max(1));
    let least = i32::from(count > 0);
    i32::try_from(scaled).unwrap_or(TO - FROM).max(least)
}

const _: () = assert!(TO.unsigned_abs() < WIDTH);
