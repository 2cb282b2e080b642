//! The network's difficulty.

use super::figures::{NONE, count, number, percent, rounded, size};
use super::{Section, Table};
use crate::report::Difficulty;
use crate::report::Measured;
use crate::report::difficulty::AHEAD;
use crate::report::plots::{Dots, Plot};

pub(super) fn difficulty(given: Option<&Measured<Difficulty>>) -> Section {
    let mut section = Section::new("Difficulty of the network");
    let of = match given {
        None => {
            section.words("No block headers were given.");
            return section;
        }
        Some(Err(why)) => {
            section.words(format!("Nothing can be forecast: {why}."));
            return section;
        }
        Some(Ok(of)) => of,
    };
    section.words(format!(
        "Headers {} to {}. What was learnt from the first {} is held against the rest: an error of \
         0.01 is about 1 %. \"As now\" foretells the next block's difficulty, which is known, for \
         all later ones.",
        count(of.heights.0),
        count(of.heights.1),
        size(of.learnt)
    ));
    if of.scores.is_empty() {
        section.words("No forecast reaches a header that came.");
    } else {
        track(&mut section, of);
        section.table(scores(of));
    }
    let mut next = Table::new(
        "Forecast from the last header on, after learning from all",
        &["#blocks ahead", "#5 %", "#middle", "#95 %", "class"],
    );
    for point in &of.next {
        next.row([
            size(point.blocks),
            rounded(point.low),
            rounded(point.middle),
            rounded(point.high),
            format!("{:?}", point.class).to_lowercase(),
        ]);
    }
    section.table(next);
    section
}

fn track(section: &mut Section, of: &Difficulty) {
    if of.track.is_empty() {
        return;
    }
    const UNIT: f64 = 1e9;
    #[expect(clippy::cast_precision_loss, reason = "heights of blocks")]
    let points = |value: fn(&crate::report::difficulty::Track) -> f64| {
        let all = of.track.iter();
        all.map(|track| (track.height as f64, value(track) / UNIT))
            .collect()
    };
    section.plot(Plot::Dots(Dots {
        title: "Forecasts 60 blocks ahead, and what came",
        x: "height".to_owned(),
        y: "difficulty, GH".to_owned(),
        groups: vec![
            ("came".to_owned(), points(|track| track.came)),
            ("forecast".to_owned(), points(|track| track.forecast.middle)),
            ("90 % from".to_owned(), points(|track| track.forecast.low)),
            ("to".to_owned(), points(|track| track.forecast.high)),
        ],
    }));
    let mut table = Table::new(
        format!("Forecasts {AHEAD} blocks ahead, and what came"),
        &["#height", "#5 %", "#middle", "#95 %", "#came"],
    )
    .folded();
    for track in &of.track {
        table.row([
            count(track.height),
            rounded(track.forecast.low),
            rounded(track.forecast.middle),
            rounded(track.forecast.high),
            rounded(track.came),
        ]);
    }
    section.table(table);
}

fn scores(of: &Difficulty) -> Table {
    let mut table = Table::new(
        "How forecasts did",
        &[
            "#blocks ahead",
            "#forecasts",
            "#error",
            "#error of as now",
            "#gain",
            "#gain, 95 %",
            "#in the 90 % interval",
            "#class right",
        ],
    );
    for score in &of.scores {
        let gain = score.gain_interval.map_or_else(
            || NONE.to_owned(),
            |(low, high)| format!("{} to {}", number(low), number(high)),
        );
        table.row([
            size(score.blocks),
            size(score.forecasts),
            number(score.error),
            number(score.error_as_now),
            number(score.gain),
            gain,
            percent(score.coverage),
            percent(score.class_right),
        ]);
    }
    table
}
