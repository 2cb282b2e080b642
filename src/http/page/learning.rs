//! What is learnt, on the front page: the models in force, and what the order of nonces brings.

use std::fmt::Write as _;

use zartrux_actors::trainer::{Phase, Shown};
use zartrux_models::learn::lift::LiftReport;
use zartrux_models::ledger::ModelSlot;
use zartrux_models::ledger::rows::written_time;

use super::escape;

/// Writes the section; `None`: nothing is learnt.
pub(super) fn write_models(page: &mut String, shown: Option<&Shown>) -> std::fmt::Result {
    page.push_str("<h2>Models</h2>");
    let Some(shown) = shown else {
        page.push_str("<p>None: nothing is stored to learn from.</p>");
        return Ok(());
    };
    for fault in &shown.faults {
        write!(page, "<p class=\"bad\">{}</p>", escape(fault))?;
    }
    let now = match shown.phase {
        Phase::Idle => "waits",
        Phase::Reading => "reads the ledger",
        Phase::Training(_) => "trains",
    };
    write!(
        page,
        "<p>{} shares to learn from; the trainer {now}{}.</p><table>",
        shown.window,
        shown.next_ms.map_or_else(String::new, |next| format!(
            ", and trains at {}",
            written_time(next)
        ))
    )?;
    for slot in [ModelSlot::Outcome, ModelSlot::Behaviour, ModelSlot::Ranking] {
        let told = match shown
            .models
            .iter()
            .find(|model| model.slot == slot && model.in_force)
        {
            Some(model) => format!(
                "{} since {}: {}",
                model.id,
                written_time(model.since_ms),
                model.why
            ),
            None => format!("none: {}", why_none(shown, slot)),
        };
        write!(
            page,
            "<tr><td>{}</td><td>{}</td></tr>",
            slot.label(),
            escape(&told)
        )?;
    }
    write!(
        page,
        "<tr><td>lift of the order of nonces</td><td>{}</td></tr></table>",
        lift(shown.lift.as_ref())
    )
}

fn why_none(shown: &Shown, slot: ModelSlot) -> &str {
    let results = shown.last.as_ref().map(|last| last.results.as_slice());
    results
        .unwrap_or_default()
        .iter()
        .find(|result| result.slot == slot)
        .map_or("not trained yet", |result| &result.what)
}

/// Never a number without its interval.
fn lift(report: Option<&LiftReport>) -> String {
    let measured = report.and_then(|report| Some((report, report.estimate?)));
    let Some((report, estimate)) = measured else {
        return "not measured yet".to_owned();
    };
    let high = report
        .high
        .map_or_else(|| "any".to_owned(), |high| format!("{high:.3}"));
    format!(
        "{estimate:.3} ({:.3} to {high}); chance gives 1",
        report.low
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_anything_learnt_the_page_says_so_and_shows_no_number() {
        let mut page = String::new();
        write_models(&mut page, Some(&Shown::default())).unwrap();
        assert_eq!(page.matches("not trained yet").count(), 3);
        assert!(page.contains("not measured yet"));
        let mut none = String::new();
        write_models(&mut none, None).unwrap();
        assert!(none.contains("nothing is stored"));
    }

    #[test]
    fn what_is_amiss_is_told_and_stays_text() {
        let shown = Shown {
            faults: vec!["<script> was changed".to_owned()],
            ..Shown::default()
        };
        let mut page = String::new();
        write_models(&mut page, Some(&shown)).unwrap();
        assert!(page.contains("&lt;script&gt; was changed"));
    }
}
