//! What it covers, what became of shares, and rig by rig.

use zartrux_models::ledger::rows::written_time;

use super::figures::{NONE, count, number, part, percent_interval, probability, rounded, size};
use super::{Section, Table};
use crate::report::bytes::LEVEL;
use crate::report::funnel::{Count, NOT_ASKED, sum};
use crate::report::plots::{Bar, Bars, Plot, Tone};
use crate::report::rigs::{RigSum, real};
use crate::report::{Bytes, Coverage, Funnel, Rigs};

pub(super) fn coverage(of: &Coverage) -> Section {
    let mut section = Section::new("What this covers");
    let asked = |ms: Option<u64>, open: &str| ms.map_or_else(|| open.to_owned(), written_time);
    let seen = |ms: Option<u64>| ms.map_or_else(|| NONE.to_owned(), written_time);
    if of.shares == 0 {
        section.words(
            "The ledger has no shares of this span. There is nothing to report, and no section \
             below shows a figure that was measured.",
        );
    }
    let mut table = Table::new("Coverage", &["what", "#value"]);
    let rigs = if of.rigs_uncounted == 0 {
        count(of.rigs)
    } else {
        format!("more than {}", count(of.rigs))
    };
    for (what, value) in [
        ("asked for, from", asked(of.from_ms, "the beginning")),
        ("asked for, to (exclusive)", asked(of.to_ms, "the end")),
        ("first share ended", seen(of.first_ms)),
        ("last share ended", seen(of.last_ms)),
        ("shares", count(of.shares)),
        ("of these imported", count(of.imported)),
        ("rigs", rigs),
        ("places of the ledger that can't be read", count(of.damage)),
    ] {
        table.row([what.to_owned(), value]);
    }
    section.table(table);
    if of.rigs_uncounted > 0 {
        section.words(format!(
            "{} shares are of rigs that there was no room to tell apart: they are in the sums, and \
             in no rig's line.",
            count(of.rigs_uncounted)
        ));
    }
    if of.damage > 0 {
        section.words(
            "Shares in places that can't be read are missing from everything below. `zartrux data \
             verify` names the places.",
        );
    }
    section
}

pub(super) fn funnel(of: &Funnel) -> Section {
    let mut section = Section::new("What became of shares");
    if of.received == 0 {
        section.words("No shares.");
        return section;
    }
    let later = sum(&of.refused_later);
    let rejected = sum(&of.rejected);
    let bar = |name: &str, count: u64, tone: Tone| Bar {
        name: name.to_owned(),
        count,
        tone,
    };
    section.plot(Plot::Bars(Bars {
        title: "Shares from coming to end",
        bars: vec![
            bar("received", of.received, Tone::Plain),
            bar("refused at once", sum(&of.refused_at_once), Tone::Bad),
            bar("admitted", of.admitted, Tone::Plain),
            bar("accepted", of.accepted, Tone::Good),
            bar("credited", of.credited, Tone::Good),
            bar("refused later", later, Tone::Bad),
            bar("rejected", rejected, Tone::Bad),
            bar("unanswered", of.unanswered, Tone::Bad),
            bar("held", of.held, Tone::Bad),
            bar("undeliverable", of.undeliverable, Tone::Bad),
        ],
    }));
    let mut table = Table::new(
        "Shares, step by step",
        &["step", "#shares", "#of received", "#of admitted"],
    );
    let mut row = |step: &str, shares: u64, admitted: bool| {
        let of_admitted = if admitted {
            part(shares, of.admitted)
        } else {
            NONE.to_owned()
        };
        table.row([
            step.to_owned(),
            count(shares),
            part(shares, of.received),
            of_admitted,
        ]);
    };
    let reasons = |row: &mut dyn FnMut(&str, u64, bool), counts: &[Count], admitted: bool| {
        for (reason, shares) in counts.iter().filter(|(_, shares)| *shares > 0) {
            row(&format!("  {reason}"), *shares, admitted);
        }
    };
    row("received", of.received, false);
    row("refused at once", sum(&of.refused_at_once), false);
    reasons(&mut row, &of.refused_at_once, false);
    row("admitted", of.admitted, true);
    for (proof, shares) in &of.proofs {
        let step = match *proof {
            NOT_ASKED => "  no proof was asked for".to_owned(),
            "none" => "  proof: none in time".to_owned(),
            proof => format!("  proof: {proof}"),
        };
        row(&step, *shares, true);
    }
    row("ended: accepted by the pool", of.accepted, true);
    row("ended: credited here", of.credited, true);
    row("ended: refused later", later, true);
    reasons(&mut row, &of.refused_later, true);
    row("ended: rejected by the pool", rejected, true);
    reasons(&mut row, &of.rejected, true);
    row("ended: unanswered", of.unanswered, true);
    row("ended: held", of.held, true);
    row("ended: undeliverable", of.undeliverable, true);
    section.table(table);
    section.words(
        "Refused at once: before the judge saw them. The lines that begin with \"proof\" and the \
         one of no proof add up to those admitted, and so do the lines that begin with \"ended\". \
         Refusals beyond the rate at which they are written down are counted in the registry alone \
         and are not here.",
    );
    section
}

pub(super) fn rigs(of: &Rigs) -> Section {
    let mut section = Section::new("Rigs");
    if of.listed.is_empty() {
        section.words("No rigs.");
        return section;
    }
    let mut table = Table::new(
        "Rigs, those with the most work first",
        &[
            "rig",
            "name",
            "#shares",
            "#good",
            "#95 %",
            "#stale",
            "#invalid",
            "#work, H",
            "#H/s",
            "#H/s, 95 %",
            "#quarantines",
        ],
    );
    let cells = |sum: &RigSum| {
        let [good, interval] = percent_interval(sum.good_part);
        [
            count(sum.shares),
            good,
            interval,
            count(sum.stale),
            count(sum.invalid),
            rounded(real(sum.work)),
        ]
    };
    for line in &of.listed {
        let name = line.name.clone().unwrap_or_else(|| NONE.to_owned());
        let rate = line.hash_rate.map_or_else(
            || [NONE.to_owned(), NONE.to_owned()],
            |rate| {
                [
                    rounded(rate.value),
                    format!("{}–{}", rounded(rate.low), rounded(rate.high)),
                ]
            },
        );
        let quarantines = if of.journal_read {
            count(line.quarantines)
        } else {
            NONE.to_owned()
        };
        let head = [line.key.clone(), name];
        table.row(
            head.into_iter()
                .chain(cells(&line.sum))
                .chain(rate)
                .chain([quarantines]),
        );
    }
    if let Some(others) = &of.others {
        let head = [format!("{} others", count(others.rigs)), NONE.to_owned()];
        let no_more = [NONE, NONE, NONE].map(str::to_owned);
        table.row(head.into_iter().chain(cells(others)).chain(no_more));
    }
    section.table(table);
    section.words(
        "Good: accepted or credited, of those that were judged: accepted, credited, rejected or \
         refused; with Wilson's interval. Stale: rejected by the pool as such. Invalid: refused for \
         a wrong result. Work: what the good shares stand for. H/s: work over the time from the \
         first share of the report to the last, pauses included, with an exact interval.",
    );
    if let Err(why) = &of.names {
        section.words(format!("Rigs have no names here: {why}."));
    }
    section
}

pub(super) fn bytes(of: &Bytes, rigs: &Rigs) -> Section {
    let mut section = Section::new("Entropy of nonces");
    section.words(
        "Of each nonce the lowest byte: an honest thread passes all its 256 values several times a \
         second, so they come equally often. The divergence (KL) is from that, in bits. Higher \
         bytes are not tested, for scans are begun more often than ended. Results can't be tested: \
         the ledger keeps their difficulty, not their bytes.",
    );
    if of.rigs.is_empty() {
        section.words("No nonces.");
        return section;
    }
    section.words(if of.tested == 0 {
        "No rig has the 1,280 nonces that a test takes: divergences say little, and no p-value is \
         shown."
            .to_owned()
    } else {
        format!(
            "{} of {} rigs with enough nonces (1,280) are more uneven than chance explains, at a \
             level of {LEVEL} for all of them together.",
            size(of.uneven),
            size(of.tested)
        )
    });
    let mut table = Table::new(
        "Lowest bytes of nonces, in the order of the rigs above",
        &[
            "rig",
            "name",
            "#nonces",
            "#entropy, bits of 8",
            "#KL, bits",
            "#KL by chance",
            "#p",
        ],
    );
    for rig in &of.rigs {
        let line = rigs.listed.iter().find(|line| line.key == rig.rig);
        let name = line.and_then(|line| line.name.clone());
        let facts = &rig.facts;
        table.row([
            rig.rig.clone(),
            name.unwrap_or_else(|| NONE.to_owned()),
            count(facts.bytes),
            number(facts.entropy),
            number(facts.kl),
            number(facts.kl_by_chance),
            facts.p.map_or_else(|| NONE.to_owned(), probability),
        ]);
    }
    section.table(table);
    if of.without_nonce > 0 || of.untold > 0 {
        section.words(format!(
            "Not counted: {} shares without a nonce, {} of rigs that there was no room for.",
            count(of.without_nonce),
            count(of.untold)
        ));
    }
    section
}
