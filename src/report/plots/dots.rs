//! Points in groups.

use anyhow::Result;
use plotters::prelude::*;

use super::{Area, INK, LINE, TEXT, colour, mark, refused, with_room, words};

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
        let mut chart = ChartBuilder::on(area)
            .margin(6)
            .margin_right(16)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(x.0..x.1, y.0..y.1)
            .map_err(refused)?;
        chart
            .configure_mesh()
            .x_labels(6)
            .y_labels(6)
            .bold_line_style(LINE)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .x_desc(&self.x)
            .y_desc(&self.y)
            .x_label_formatter(&mark)
            .y_label_formatter(&mark)
            .label_style(words(TEXT))
            .axis_desc_style(words(TEXT))
            .draw()
            .map_err(refused)?;
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
