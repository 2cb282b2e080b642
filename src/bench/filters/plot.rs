//! The bad shares that reached the pool, as a picture: a dot for the mean over seeds, whiskers for
//! its 95 % interval, one panel for each kind of farm.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::figures::{BAD_AT_POOL, Figure, PolicyFigures};
use super::table::number;

/// A panel: a kind of farm with its policies.
pub(super) struct Panel<'a> {
    /// Above the panel.
    pub(super) title: String,
    /// From top to bottom.
    pub(super) policies: &'a [PolicyFigures],
}

const WIDTH: u32 = 860;
const ROW: u32 = 34;
const FRAME: u32 = 96;

/// Dark on a light card of its own: readable on a light page and on a dark one.
const CARD: RGBColor = RGBColor(252, 252, 252);
const INK: RGBColor = RGBColor(32, 33, 36);
const GRID: RGBColor = RGBColor(222, 222, 222);
const OURS: RGBColor = RGBColor(200, 80, 0);
const OTHERS: RGBColor = RGBColor(30, 90, 170);

/// Where no share is drawn, on an axis that has no zero.
const NONE: f64 = 0.03;

/// The panels below each other, as SVG.
///
/// # Errors
/// When the library refuses to draw, which it has no reason to.
pub(super) fn draw(panels: &[Panel<'_>]) -> Result<String> {
    let mut svg = String::new();
    let heights: Vec<u32> = panels.iter().map(|panel| height(panel)).collect();
    {
        let size = (WIDTH, heights.iter().sum::<u32>().max(1));
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&CARD).map_err(refused)?;
        let most = panels
            .iter()
            .flat_map(|panel| panel.policies)
            .filter_map(bad_at_pool)
            .filter_map(|figure| figure.high.or(figure.mean))
            .fold(10.0, f64::max);
        let mut rest = root.clone();
        for (panel, height) in panels.iter().zip(heights) {
            let (upper, lower) = rest.split_vertically(height);
            draw_panel(&upper, panel, most * 4.0)?;
            rest = lower;
        }
        root.present().map_err(refused)?;
    }
    Ok(svg)
}

fn height(panel: &Panel<'_>) -> u32 {
    let rows = u32::try_from(panel.policies.len()).unwrap_or(1);
    FRAME + ROW * rows
}

fn bad_at_pool(policy: &PolicyFigures) -> Option<&Figure> {
    policy
        .figures
        .iter()
        .find(|figure| figure.name == BAD_AT_POOL)
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}

fn draw_panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    panel: &Panel<'_>,
    most: f64,
) -> Result<()> {
    let rows = panel.policies.len();
    let text = |size: u32| ("sans-serif", size).into_font().color(&INK);
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, text(17))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(46)
        .y_label_area_size(190)
        .build_cartesian_2d((NONE..most).log_scale(), (0..rows).into_segmented())
        .map_err(refused)?;
    let name = |row: usize| {
        let policy = rows
            .checked_sub(row + 1)
            .and_then(|place| panel.policies.get(place));
        policy.map_or_else(String::new, PolicyFigures::title)
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .x_desc("bad shares at the pool, per farm (logarithmic; none at the left edge)")
        .x_label_formatter(&|value| value.to_string())
        .y_label_formatter(&|row| match row {
            SegmentValue::CenterOf(row) | SegmentValue::Exact(row) => name(*row),
            SegmentValue::Last => String::new(),
        })
        .y_labels(rows)
        .label_style(text(13))
        .axis_desc_style(text(13))
        .draw()
        .map_err(refused)?;
    for (place, policy) in panel.policies.iter().enumerate() {
        let Some(figure) = bad_at_pool(policy) else {
            continue;
        };
        let Some(mean) = figure.mean else { continue };
        let at = |value: f64| (value.max(NONE), SegmentValue::CenterOf(rows - 1 - place));
        let colour = if policy.ours { OURS } else { OTHERS };
        let style = colour.stroke_width(2);
        let low = figure.low.unwrap_or(mean);
        let high = figure.high.unwrap_or(mean);
        chart
            .draw_series([PathElement::new(vec![at(low), at(high)], style)])
            .map_err(refused)?;
        for end in [low, high] {
            let whisker =
                EmptyElement::at(at(end)) + PathElement::new(vec![(0, -5), (0, 5)], style);
            chart.draw_series([whisker]).map_err(refused)?;
        }
        let dot = EmptyElement::at(at(mean))
            + Circle::new((0, 0), 4, colour.filled())
            + Text::new(number(mean), (9, -16), text(12));
        chart.draw_series([dot]).map_err(refused)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &'static str, values: [f64; 3]) -> PolicyFigures {
        PolicyFigures {
            policy: name,
            limited: true,
            ours: false,
            figures: vec![Figure::of(BAD_AT_POOL, values.map(Some).to_vec())],
            bad_at_pool_by_group: Vec::new(),
            shares_until_found_by_group: Vec::new(),
        }
    }

    #[test]
    fn every_policy_has_its_row_and_none_is_drawn_beyond_the_picture() {
        let policies = [
            policy("first", [0.0, 0.0, 0.0]),
            policy("second", [900.0, 1_100.0, 1_000.0]),
        ];
        let panels = [Panel {
            title: "a farm".to_owned(),
            policies: &policies,
        }];
        let svg = draw(&panels).unwrap();
        for words in [
            "first",
            "second",
            "a farm",
            "1,000",
            "bad shares at the pool",
        ] {
            assert!(svg.contains(words), "{words} is not in {svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
