//! Curves in a square from 0.

use anyhow::Result;
use plotters::prelude::*;

use super::{Area, INK, LINE, TEXT, colour, mark, refused, words};

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
        let mut chart = ChartBuilder::on(area)
            .margin(6)
            .margin_right(16)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..most, 0.0..most)
            .map_err(refused)?;
        chart
            .configure_mesh()
            .x_labels(6)
            .y_labels(6)
            .bold_line_style(LINE)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .x_desc(self.x)
            .y_desc(self.y)
            .x_label_formatter(&mark)
            .y_label_formatter(&mark)
            .label_style(words(TEXT))
            .axis_desc_style(words(TEXT))
            .draw()
            .map_err(refused)?;
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
