//! Ratios with intervals, one below another, beside the line of 1.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Area, BAD, INK, LINE, WIDTH, beside, colour, mark, refused, with_room, words};

/// Ratios from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forest {
    pub(crate) title: &'static str,
    pub(crate) x: &'static str,
    pub(crate) rows: Vec<Whisker>,
}

/// A number between bounds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Whisker {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

const ROW: i32 = 18;
const FOOT: i32 = 46;
/// Where the least and the greatest ratio are drawn.
const LEFT: i32 = 92;
const RIGHT: i32 = 420;

impl Forest {
    fn foot(&self) -> i32 {
        i32::try_from(self.rows.len())
            .unwrap_or(0)
            .saturating_mul(ROW)
    }

    pub(super) fn height(&self) -> u32 {
        (self.foot().saturating_add(FOOT)).unsigned_abs()
    }

    pub(super) fn draw(&self, area: &Area<'_>) -> Result<()> {
        let ends = self.rows.iter().flat_map(|row| [row.low, row.high]);
        let (low, high) = ends.fold((1.0, 1.0), |(low, high): (f64, f64), end| {
            (low.min(end), high.max(end))
        });
        let (low, high) = with_room(low, high);
        let at = |value: f64| place(value, low, high);
        let foot = self.foot();
        let one = [(at(1.0), 0), (at(1.0), foot)];
        area.draw(&PathElement::new(one, INK)).map_err(refused)?;
        let axis = [(LEFT, foot), (RIGHT, foot)];
        area.draw(&PathElement::new(axis, LINE)).map_err(refused)?;
        let below = words(super::TEXT).pos(Pos::new(HPos::Center, VPos::Top));
        for value in [low, 1.0, high] {
            // The ends make way for the line of 1 where they would lie on its mark.
            if value.total_cmp(&1.0).is_ne() && (at(value) - at(1.0)).abs() < 40 {
                continue;
            }
            let text = Text::new(mark(&value), (at(value), foot + 4), below.clone());
            area.draw(&text).map_err(refused)?;
        }
        let middle = i32::midpoint(LEFT, RIGHT);
        let title = Text::new(self.x, (middle, foot + 24), below);
        area.draw(&title).map_err(refused)?;
        for (row, top) in self
            .rows
            .iter()
            .zip((0..).step_by(ROW.unsigned_abs() as usize))
        {
            let y = top + ROW / 2;
            let is_outside = row.low > 1.0 || row.high < 1.0;
            let colour = if is_outside { BAD } else { colour(0) };
            let name = Text::new(row.name.as_str(), (LEFT - 6, y), beside(HPos::Right));
            area.draw(&name).map_err(refused)?;
            let whisker = [(at(row.low), y), (at(row.high), y)];
            area.draw(&PathElement::new(whisker, colour.stroke_width(2)))
                .map_err(refused)?;
            area.draw(&Circle::new((at(row.value), y), 4, colour.filled()))
                .map_err(refused)?;
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a place within the picture"
)]
fn place(value: f64, low: f64, high: f64) -> i32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    LEFT + (part * f64::from(RIGHT - LEFT)).round() as i32
}

const _: () = assert!(RIGHT.unsigned_abs() < WIDTH);
