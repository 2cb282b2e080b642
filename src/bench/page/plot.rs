//! Pictures: curves over a number of miners or lanes, with whiskers for the spread.
//!
//! On a card of their own, in colours for a light page; a style sheet within changes them for a dark one.

use anyhow::{Result, anyhow};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::{report::number, stats::Spread};

const WIDTH: u32 = 720;
const HEIGHT: u32 = 380;
const HEAD: u32 = 58;
const TEXT: u32 = 16;

const CARD: RGBColor = RGBColor(0xfc, 0xfc, 0xfc);
const INK: RGBColor = RGBColor(0x20, 0x21, 0x24);
const GRID: RGBColor = RGBColor(0xde, 0xde, 0xde);

/// Every colour of a light page, and what it is on a dark one.
const DARK: [(RGBColor, &str); 6] = [
    (CARD, "#1b1c1e"),
    (INK, "#e8eaed"),
    (GRID, "#3c4043"),
    (Tone::First.colour(), "#8ab4f8"),
    (Tone::Second.colour(), "#f6ad55"),
    (Tone::Other.colour(), "#a8adb4"),
];

/// Whose curve it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    First,
    Second,
    Other,
}

impl Tone {
    const fn colour(self) -> RGBColor {
        match self {
            Self::First => RGBColor(0x1e, 0x5a, 0xaa),
            Self::Second => RGBColor(0xb8, 0x5c, 0x00),
            Self::Other => RGBColor(0x5f, 0x63, 0x68),
        }
    }
}

/// A line with its points.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) tone: Tone,
    pub(super) points: Vec<(f64, Spread)>,
    /// Goes on from there: what was not measured.
    pub(super) dashed: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Logarithmic,
    FromZero,
    Counted,
}

/// An axis: it reaches over all that is drawn.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    name: String,
    scale: Scale,
}

impl Axis {
    /// Powers of ten are equally far from each other.
    pub(super) fn logarithmic(name: &str) -> Self {
        let name = format!("{name} (logarithmic)");
        let scale = Scale::Logarithmic;
        Self { name, scale }
    }

    /// Begins at 0.
    pub(super) fn from_zero(name: &str) -> Self {
        let (name, scale) = (name.to_owned(), Scale::FromZero);
        Self { name, scale }
    }

    /// Whole numbers.
    pub(super) fn counted(name: &str) -> Self {
        let (name, scale) = (name.to_owned(), Scale::Counted);
        Self { name, scale }
    }

    /// A value's place on the axis.
    fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Logarithmic => value.max(1e-6).log10(),
            Scale::FromZero | Scale::Counted => value,
        }
    }

    /// The value at a place.
    fn value(&self, place: f64) -> f64 {
        match self.scale {
            Scale::Logarithmic => (10_f64.powf(place) * 1e6).round() / 1e6,
            Scale::FromZero | Scale::Counted => (place * 1e6).round() / 1e6,
        }
    }

    /// From where to where, and the marks, as places.
    fn span(&self, values: &[f64]) -> (f64, f64, Vec<f64>) {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (least, most) = if least.is_finite() && most.is_finite() {
            (least, most)
        } else {
            (1.0, 10.0)
        };
        match self.scale {
            Scale::Logarithmic => {
                let (low, high) = (self.place(least) - 0.06, self.place(most) + 0.06);
                let decades = (-6..=9).map(f64::from);
                let marks = decades
                    .flat_map(|decade| [1.0_f64, 2.0, 5.0].map(|n| n.log10() + decade))
                    .filter(|mark| (low..=high).contains(mark))
                    .collect();
                (low, high, marks)
            }
            Scale::FromZero => {
                let high = if most > 0.0 { most * 1.12 } else { 1.0 };
                let step = step(high / 5.0);
                let marks = (0..=12).map(|n| f64::from(n) * step);
                (0.0, high, marks.filter(|mark| *mark <= high).collect())
            }
            Scale::Counted => {
                let marks = (0..=64).map(f64::from);
                let marks = marks.filter(|mark| (least..=most).contains(mark));
                (least - 0.3, most + 0.3, marks.collect())
            }
        }
    }

    fn range(&self, values: &[f64]) -> Marked {
        let (low, high, marks) = self.span(values);
        Marked {
            range: (low..high).into(),
            marks,
        }
    }
}

/// Places with marks of our choice.
struct Marked {
    range: RangedCoordf64,
    marks: Vec<f64>,
}

impl Ranged for Marked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.range.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.range.range()
    }
}

/// 1, 2 or 5 times a power of ten, at least so much.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|n| n * power);
    steps
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(power * 10.0)
}

/// A picture.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// What its file is called, in part.
    pub(super) file: String,
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) curves: Vec<Curve>,
}

impl Chart {
    /// As SVG.
    ///
    /// # Errors
    /// When the library refuses to draw, which it has no reason to.
    pub(super) fn draw(&self) -> Result<String> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
            root.fill(&CARD).map_err(refused)?;
            let (head, body) = root.split_vertically(HEAD);
            let title = words(TEXT + 3).pos(Pos::new(HPos::Left, VPos::Center));
            head.draw(&Text::new(self.title.clone(), (16, 18), title))
                .map_err(refused)?;
            self.legend(&head)?;
            self.body(&body)?;
            root.present().map_err(refused)?;
        }
        Ok(with_dark_colours(&svg))
    }

    fn legend(&self, head: &Area<'_>) -> Result<()> {
        let mut left = 16;
        for curve in self.curves.iter().filter(|it| !it.points.is_empty()) {
            let style = curve.tone.colour().stroke_width(2);
            let line = PathElement::new(vec![(left, 43), (left + 22, 43)], style);
            head.draw(&line).map_err(refused)?;
            let dot = Circle::new((left + 11, 43), 3, curve.tone.colour().filled());
            head.draw(&dot).map_err(refused)?;
            let name = Text::new(curve.name.clone(), (left + 30, 43), beside());
            head.draw(&name).map_err(refused)?;
            left += width(&curve.name);
        }
        if self.curves.iter().any(|it| !it.dashed.is_empty()) {
            for start in [left, left + 9, left + 18] {
                let ends = vec![(start, 43), (start + 5, 43)];
                let dash = PathElement::new(ends, INK.stroke_width(1));
                head.draw(&dash).map_err(refused)?;
            }
            let name = Text::new("extrapolated", (left + 30, 43), beside());
            head.draw(&name).map_err(refused)?;
        }
        Ok(())
    }

    fn body(&self, area: &Area<'_>) -> Result<()> {
        let mut all_x = Vec::new();
        let mut all_y = Vec::new();
        for curve in &self.curves {
            for (x, spread) in &curve.points {
                all_x.push(*x);
                all_y.extend([spread.min, spread.max]);
            }
            for (x, y) in &curve.dashed {
                all_x.push(*x);
                all_y.push(*y);
            }
        }
        let mut chart = ChartBuilder::on(area)
            .margin(6)
            .margin_left(12)
            .margin_right(24)
            .x_label_area_size(46)
            .y_label_area_size(94)
            .build_cartesian_2d(self.x.range(&all_x), self.y.range(&all_y))
            .map_err(refused)?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .x_desc(&self.x.name)
            .y_desc(&self.y.name)
            .x_label_formatter(&|place| number::show(self.x.value(*place)))
            .y_label_formatter(&|place| number::show(self.y.value(*place)))
            .label_style(words(TEXT))
            .axis_desc_style(words(TEXT))
            .draw()
            .map_err(refused)?;
        let at = |x: f64, y: f64| (self.x.place(x), self.y.place(y));
        for curve in &self.curves {
            let colour = curve.tone.colour();
            let line = curve.points.iter().map(|(x, it)| at(*x, it.median));
            chart
                .draw_series(LineSeries::new(line, colour.stroke_width(2)))
                .map_err(refused)?;
            let dashed = curve.dashed.iter().map(|(x, y)| at(*x, *y));
            chart
                .draw_series(DashedLineSeries::new(dashed, 5, 4, colour.stroke_width(1)))
                .map_err(refused)?;
            for (x, spread) in &curve.points {
                let ends = vec![at(*x, spread.min), at(*x, spread.max)];
                let whisker = PathElement::new(ends, colour.stroke_width(1));
                chart.draw_series([whisker]).map_err(refused)?;
                for end in [spread.min, spread.max] {
                    let cap = EmptyElement::at(at(*x, end))
                        + PathElement::new(vec![(-4, 0), (4, 0)], colour.stroke_width(1));
                    chart.draw_series([cap]).map_err(refused)?;
                }
                let dot = Circle::new(at(*x, spread.median), 3, colour.filled());
                chart.draw_series([dot]).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// What an entry of the legend takes: letters are of different widths, most of them no wider.
fn width(name: &str) -> i32 {
    i32::try_from(name.chars().count().min(60))
        .unwrap_or(60)
        .saturating_mul(8)
        .saturating_add(44)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn words(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

fn beside() -> TextStyle<'static> {
    words(TEXT).pos(Pos::new(HPos::Left, VPos::Center))
}

/// The picture with a style sheet for dark pages.
fn with_dark_colours(svg: &str) -> String {
    let mut style = String::from("<style>@media (prefers-color-scheme: dark) {");
    for (RGBColor(red, green, blue), dark) in DARK {
        let light = format!("#{red:02X}{green:02X}{blue:02X}");
        for what in ["fill", "stroke"] {
            style.push_str(&format!(" [{what}=\"{light}\" i] {{ {what}: {dark} }}"));
        }
    }
    style.push_str(" }</style>\n");
    match svg.split_once(">\n") {
        Some((first, rest)) => format!("{first}>\n{style}{rest}"),
        None => svg.to_owned(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}
