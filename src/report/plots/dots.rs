//! Points in groups.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::axes;
use super::{Area, colour, refused, with_room};

/// Groups of points, each with its colour.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dots {
    pub(crate) title: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) groups: Vec<(String, Vec<(f64, f64)>)>,
}

impl Dots {
    pub(super) fn draw(&self, area: &Area<'_>) -> Result<()> {
        let (x, y) = (self.range(|point| point.0), self.range(|point| point.1));
        let mut chart = axes(area, (x.0..x.1, y.0..y.1), (&self.x, &self.y))?;
        for (place, (_, points)) in self.groups.iter().enumerate() {
            let fill = colour(place).mix(0.75).filled();
            let dots = points.iter().map(|point| Circle::new(*point, 4, fill));
            chart.draw_series(dots).map_err(refused)?;
        }
        Ok(())
    }

    /// From the least to the greatest, with some room.
    fn range(&self, of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
        let values = self.groups.iter().flat_map(|(_, points)| points).map(of);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low <= high {
            with_room(low, high)
        } else {
            (0.0, 1.0)
        }
    }
}
