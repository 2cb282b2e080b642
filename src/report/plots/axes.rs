//! A chart with two axes of numbers.

use std::ops::Range;

use anyhow::Result;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::{Area, INK, LINE, TEXT, mark, refused, words};

/// A chart of an area, its axes drawn and named.
pub(super) type Chart<'a> =
    ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws the axes.
pub(super) fn axes<'a>(
    area: &Area<'a>,
    (x, y): (Range<f64>, Range<f64>),
    (x_name, y_name): (&str, &str),
) -> Result<Chart<'a>> {
    let mut chart = ChartBuilder::on(area)
        .margin(6)
        .margin_right(16)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(x, y)
        .map_err(refused)?;
    chart
        .configure_mesh()
        .x_labels(6)
        .y_labels(6)
        .bold_line_style(LINE)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .x_desc(x_name)
        .y_desc(y_name)
        .x_label_formatter(&mark)
        .y_label_formatter(&mark)
        .label_style(words(TEXT))
        .axis_desc_style(words(TEXT))
        .draw()
        .map_err(refused)?;
    Ok(chart)
}
