//! Curves in a square from 0.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::axes;
use super::{Area, INK, colour, refused};

/// Lines over the same axes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curves {
    pub(crate) title: &'static str,
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    /// The end of both axes, above 0.
    pub(crate) most: f64,
    /// Whether x = y is drawn: what chance does, or a perfect forecast.
    pub(crate) diagonal: bool,
    /// Whether points are marked.
    pub(crate) dots: bool,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Curves {
    pub(super) fn draw(&self, area: &Area<'_>) -> Result<()> {
        let most = if self.most > 0.0 { self.most } else { 1.0 };
        let mut chart = axes(area, (0.0..most, 0.0..most), (self.x, self.y))?;
        if self.diagonal {
            let diagonal = [(0.0, 0.0), (most, most)];
            let line = DashedLineSeries::new(diagonal, 4, 4, INK.stroke_width(1));
            chart.draw_series(line).map_err(refused)?;
        }
        for (place, line) in self.lines.iter().enumerate() {
            let style = colour(place).stroke_width(2);
            chart
                .draw_series(LineSeries::new(line.points.iter().copied(), style))
                .map_err(refused)?;
            if self.dots {
                let dots = line.points.iter();
                let dots = dots.map(|point| Circle::new(*point, 3, colour(place).filled()));
                chart.draw_series(dots).map_err(refused)?;
            }
        }
        Ok(())
    }
}
