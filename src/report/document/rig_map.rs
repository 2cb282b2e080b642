//! The map of rigs.

use super::figures::{number, percent, size};
use super::{Section, Table};
use crate::report::plots::{Dots, Plot};
use crate::report::{Measured, RigMap};

pub(super) fn rig_map(measured: &Measured<RigMap>) -> Section {
    let mut section = Section::new("Map of rigs");
    let map = match measured {
        Ok(map) => map,
        Err(why) => {
            section.words(format!("There is no map: {why}."));
            return section;
        }
    };
    section.words(match (&map.champion, &map.why_not) {
        (Some(id), _) => format!("By model {id}, which is in force."),
        (None, Some(why)) => format!(
            "By a model that was trained for this report alone, on the shares that it shows: {why}."
        ),
        (None, None) => "By a model that was trained for this report alone.".to_owned(),
    });
    let groups = (0..map.clusters.len()).map(|cluster| {
        let rigs = map.rigs.iter().filter(|rig| rig.cluster == cluster);
        (
            format!("cluster {}", cluster + 1),
            rigs.map(|rig| (rig.x, rig.y)).collect(),
        )
    });
    let explained = |place: usize| {
        map.components
            .get(place)
            .map_or_else(|| "nothing".to_owned(), |one| percent(one.explained))
    };
    section.plot(Plot::Dots(Dots {
        title: "Rigs by how they behave",
        x: format!("first component ({})", explained(0)),
        y: format!("second component ({})", explained(1)),
        groups: groups.collect(),
    }));
    section.words(format!(
        "Each of {} rigs at the mean place of its blocks of 64 shares ({} blocks in all); the \
         colour is the cluster of most of them. Distance: how far its blocks are from the nearest \
         cluster, 0 to 1.",
        size(map.rigs.len()),
        size(map.blocks)
    ));
    if map.rigs_beyond > 0 {
        section.words(format!(
            "{} rigs with fewer blocks are not shown.",
            size(map.rigs_beyond)
        ));
    }
    if map.components.is_empty() {
        section.words("Nothing varies from block to block: the map has no directions.");
    } else {
        section.table(components(map));
    }
    section.table(clusters(map));
    let mut rigs = Table::new(
        "Places on the map",
        &[
            "rig",
            "#cluster",
            "#first",
            "#second",
            "#blocks",
            "#distance",
        ],
    )
    .folded();
    for rig in &map.rigs {
        rigs.row([
            rig.rig.clone(),
            (rig.cluster + 1).to_string(),
            number(rig.x),
            number(rig.y),
            size(rig.blocks),
            number(rig.distance),
        ]);
    }
    section.table(rigs);
    section
}

fn components(map: &RigMap) -> Table {
    let names: Vec<String> = (1..=map.components.len())
        .map(|place| format!("#component {place}"))
        .collect();
    let head: Vec<&str> = ["feature"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let mut table = Table::new("Components: what they explain, and their loadings", &head);
    let explained = map.components.iter().map(|one| percent(one.explained));
    table.row(
        ["variance explained".to_owned()]
            .into_iter()
            .chain(explained),
    );
    let features = map.components.first().map_or(0, |one| one.loadings.len());
    for place in 0..features {
        let of = |one: &zartrux_models::learn::behaviour::ComponentFacts| {
            one.loadings.get(place).copied().unwrap_or_default()
        };
        let name = map.components.first().map_or("", |one| of(one).0);
        let loadings = map.components.iter().map(|one| number(of(one).1));
        table.row([name.to_owned()].into_iter().chain(loadings));
    }
    table
}

fn clusters(map: &RigMap) -> Table {
    let names: Vec<String> = (1..=map.clusters.len())
        .map(|place| format!("#cluster {place}"))
        .collect();
    let head: Vec<&str> = ["what"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let mut table = Table::new(
        "Clusters: how many are nearest to each, and the behaviour at its centre",
        &head,
    );
    let all = || map.clusters.iter();
    table.row(
        ["blocks".to_owned()]
            .into_iter()
            .chain(all().map(|one| size(one.blocks))),
    );
    table.row(
        ["rigs with a block".to_owned()]
            .into_iter()
            .chain(all().map(|one| size(one.rigs))),
    );
    let features = map.clusters.first().map_or(0, |one| one.centre.len());
    for place in 0..features {
        let of =
            |one: &crate::report::map::Group| one.centre.get(place).copied().unwrap_or_default();
        let name = map.clusters.first().map_or("", |one| of(one).0);
        table.row(
            [name.to_owned()]
                .into_iter()
                .chain(all().map(|one| number(of(one).1))),
        );
    }
    table
}
