//! `[[route]]` and `[[group]]`: which rigs mine for which upstreams.

use std::collections::BTreeSet;
use std::str::FromStr;

use zartrux_models::plan::routing::{MOST_ROUTES, Window};

use crate::fault::Place;
use crate::reader::{Reader, Section, Value, accept};
use crate::section::Pool;
use crate::value::{Invalid, shown};

/// Most `[[route]]` in a file.
pub(crate) const MOST: usize = MOST_ROUTES;
/// Most `[[group]]` in a file.
pub(crate) const MOST_GROUPS: usize = 256;
/// Most rules of a route, and most names of a group.
const MOST_RIGS: usize = 256;
/// Most windows of a schedule.
const MOST_WINDOWS: usize = 32;
/// Longest name of a route or a group, bytes.
const LONGEST: usize = 32;
/// The most that a weight or a worth can be.
const GREATEST: f64 = 1e12;

/// `[[route]]`: one list of upstreams that fail over to each other, and the rigs that mine for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// What `route` of its `[[pool]]`s says.
    pub name: String,
    /// Its part of the work among routes of equal worth.
    pub weight: f64,
    /// What a hash there is worth, in any unit that all routes share. None: not compared.
    pub worth: Option<f64>,
    /// Only rigs of which a name matches one of these; `@name` stands for a group. Empty: any.
    pub rigs: Vec<String>,
    /// When it may serve, with the text of each window. Empty: always.
    pub schedule: Vec<(String, Window)>,
    /// How much later than UTC the schedule's time is.
    pub utc_offset: UtcOffset,
}

/// `[[group]]`: names of rigs under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name; rules say it with an `@` before it.
    pub name: String,
    /// Patterns of names.
    pub rigs: Vec<String>,
}

/// A difference to UTC in whole minutes, such as `+02:00`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UtcOffset(i32);

impl UtcOffset {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> i32 {
        self.0 * 60
    }
}

impl FromStr for UtcOffset {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || {
            Invalid::new(format!(
                "must be a difference to UTC, \"-14:00\" to \"+14:00\", but is {}",
                shown(text)
            ))
        };
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return Err(refused()),
        };
        let digits = |text: &str| -> Option<i32> {
            let sound = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| sound)
        };
        let (hours, minutes) = rest.split_once(':').ok_or_else(refused)?;
        let (hours, minutes) = digits(hours).zip(digits(minutes)).ok_or_else(refused)?;
        let all = hours * 60 + minutes;
        if minutes > 59 || all > 14 * 60 {
            return Err(refused());
        }
        Ok(Self(sign * all))
    }
}

impl std::fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let all = self.0.abs();
        write!(f, "{sign}{:02}:{:02}", all / 60, all % 60)
    }
}

impl Route {
    /// The route of upstreams that name none.
    pub const MAIN: &'static str = "main";

    /// A route with the default of every key but its name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            weight: 1.0,
            worth: None,
            rigs: Vec::new(),
            schedule: Vec::new(),
            utc_offset: UtcOffset::default(),
        }
    }

    pub(crate) fn read_all(reader: &mut Reader<'_>) -> Vec<Self> {
        let routes = reader.sections("route", MOST, Self::read);
        routes.into_iter().flatten().collect()
    }

    fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let why = "write the name that `route` of its [[pool]]s says";
        let name = section.required("name", why, label);
        let weight = section.value("weight", 1.0, amount);
        let worth = section.optional("worth", amount);
        let rigs = section.list("rigs", Vec::new(), MOST_RIGS, accept::name);
        let schedule = section.list("schedule", Vec::new(), MOST_WINDOWS, window);
        let utc_offset = section.value("utc_offset", UtcOffset::default(), accept::parsed);
        Some(Self {
            name: name?,
            weight,
            worth,
            rigs,
            schedule,
            utc_offset,
        })
    }
}

impl Group {
    pub(crate) fn read_all(reader: &mut Reader<'_>) -> Vec<Self> {
        let groups = reader.sections("group", MOST_GROUPS, Self::read);
        groups.into_iter().flatten().collect()
    }

    fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let why = "write the name by which `rigs` of a [[route]] says it, there with an \"@\"";
        let name = section.required("name", why, label);
        let rigs = section.list("rigs", Vec::new(), MOST_RIGS, accept::name);
        Some(Self { name: name?, rigs })
    }
}

/// The routes that there are: those that are written, then those that only upstreams name. None
/// where nothing says anything of routes: then one upstream serves all.
pub(crate) fn effective(routes: &[Route], pools: &[Pool]) -> Vec<Route> {
    let mut all = routes.to_vec();
    if routes.is_empty() && pools.iter().all(|pool| pool.route == Route::MAIN) {
        return all;
    }
    for pool in pools {
        if all.iter().all(|route| route.name != pool.route) {
            all.push(Route::new(&pool.route));
        }
    }
    all
}

/// Faults that only show when pools, routes and groups are looked at together.
pub(crate) fn check(pools: &[Pool], routes: &[Route], groups: &[Group], reader: &mut Reader<'_>) {
    let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
    twice(reader, "route", &names);
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    twice(reader, "group", &names);
    let of_flags = matches!(reader.place("pool[0].url"), Place::Flag(_));
    for (index, route) in routes.iter().enumerate() {
        let has_pool = pools.iter().any(|pool| pool.route == route.name);
        if !has_pool && !of_flags && reader.is_whole() && !pools.is_empty() {
            let message = format!(
                "has no [[pool]]: write `route = \"{}\"` there, or remove this [[route]]",
                route.name
            );
            fault(reader, format!("route[{index}].name"), message);
        }
        for (at, rule) in route.rigs.iter().enumerate() {
            let group = rule.strip_prefix('@');
            if group.is_some_and(|group| groups.iter().all(|it| it.name != group)) {
                let message = format!("names {}, but there is no such [[group]]", shown(rule));
                fault(reader, format!("route[{index}].rigs[{at}]"), message);
            }
        }
    }
    let count = effective(routes, pools).len();
    if count > MOST {
        let message = format!("make {count} routes with the [[route]]s, but there can be {MOST}");
        fault(reader, "pool".to_owned(), message);
    }
}

fn twice(reader: &mut Reader<'_>, section: &str, names: &[&str]) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        if !seen.insert(name) {
            let message = format!("is the name of another [[{section}]] as well");
            fault(reader, format!("{section}[{index}].name"), message);
        }
    }
}

fn fault(reader: &mut Reader<'_>, path: String, message: String) {
    let place = reader.place(&path);
    reader.fault(place, Some(path), message);
}

/// A name of a route or a group, which addresses and metrics have in them.
pub(crate) fn label(value: &Value<'_>) -> Result<String, Invalid> {
    let name = accept::name(value)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.len() <= LONGEST && name.bytes().all(fits) {
        Ok(name)
    } else {
        Err(Invalid::new(format!(
            "must be letters, digits, \"-\" and \"_\", {LONGEST} at most, but is {}",
            shown(&name)
        )))
    }
}

/// A number that is not below 0.
fn amount(value: &Value<'_>) -> Result<f64, Invalid> {
    let number = match value {
        Value::Float(number) => Some(*number),
        Value::Text(_)
        | Value::Integer(_)
        | Value::HugeInteger
        | Value::Boolean(_)
        | Value::Date
        | Value::List(_)
        | Value::Table(_)
        | Value::Damaged => value
            .as_integer()
            .and_then(|number| u32::try_from(number).ok())
            .map(f64::from),
    };
    let fits = |number: &f64| (0.0..=GREATEST).contains(number);
    number
        .filter(fits)
        .map(|number| number + 0.0)
        .ok_or_else(|| {
            Invalid::new(format!(
                "must be a number from 0 to 1e12 (whole ones up to 4294967295), but is {}",
                value.found()
            ))
        })
}

fn window(value: &Value<'_>) -> Result<(String, Window), Invalid> {
    let text = accept::name(value)?;
    match text.parse() {
        Ok(window) => Ok((text, window)),
        Err(why) => {
            let why: zartrux_models::plan::routing::BadWindow = why;
            Err(Invalid::new(format!("{} {why}", shown(&text))))
        }
    }
}
