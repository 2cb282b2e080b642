//! Whatever the filters, their models and the judge do, a good share reaches the pool exactly once.
#![cfg(test)]

mod lane;
mod models;
mod occupant;
mod proved;
mod recorded;
mod script;
mod shares;
mod unproved;

/// What every panic made on purpose says.
const ON_PURPOSE: &str = "on purpose";

/// Keeps panics made on purpose out of the test's output: there are tens of thousands.
fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload().downcast_ref::<&str>();
            if !text.is_some_and(|text| [ON_PURPOSE, "drill: forced panic"].contains(text)) {
                usual(panic);
            }
        }));
    });
}
