//! A daemon with some shares in its books, and a browser that looks at it.

use crate::driver::Browser;
use crate::support::{Answer, Config, Daemon, FakePool, OnSubmit, Script, SimMiner, clock};

/// Shares that each miner of a scene sends.
pub(crate) const SHARES: u32 = 12;

/// A daemon at rest: its miners stay connected and find nothing more.
pub(crate) struct Scene {
    pub(crate) browser: Browser,
    pub(crate) daemon: Daemon,
    _miners: Vec<SimMiner>,
    _pool: FakePool,
}

impl Scene {
    /// Miners with these names have mined; every fifth share was refused by the pool.
    pub(crate) fn with(names: &[&str], language: &str) -> Self {
        let browser = Browser::launch(language);
        let judge = OnSubmit::decide(|submit| match submit.place % 5 {
            3 => Answer::refuse("Block expired"),
            _ => Answer::Accept,
        });
        let pool = FakePool::with(Script::answering(judge));
        let daemon = Daemon::start(&Config::on(&pool));
        daemon.wait_ready();
        let mut miners: Vec<SimMiner> = names
            .iter()
            .map(|name| SimMiner::joined(daemon.miners, name))
            .collect();
        for low in 1..=SHARES {
            for miner in &mut miners {
                let request = miner.submit_good(low);
                // The pool's answer, whichever.
                let _ = miner.reply_to(request);
            }
        }
        let expected = miners.len() as u64 * u64::from(SHARES);
        clock::eventually("all shares in the registry", || {
            let list = daemon.json("/api/v1/registry");
            let rigs = list["rigs"].as_array()?;
            let count = |of: &str| -> u64 {
                rigs.iter()
                    .filter_map(|rig| rig["shares"][of].as_u64())
                    .sum()
            };
            (count("accepted") + count("rejected") == expected).then_some(())
        });
        Self {
            browser,
            daemon,
            _miners: miners,
            _pool: pool,
        }
    }

    /// Opens the page, and waits until it shows data.
    pub(crate) fn open(&self) {
        self.browser.goto(&self.url("/"));
        wait_data(&self.browser);
    }

    /// An address of the daemon's monitor.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.daemon.monitor())
    }
}

/// Waits until the page shows what a daemon has told it.
pub(crate) fn wait_data(browser: &Browser) {
    browser.wait_until(
        "the page shows data",
        "document.documentElement.hasAttribute('data-ready')",
    );
}

/// Nothing has gone wrong in the page, and it has asked nobody but the daemon at `origin`.
pub(crate) fn assert_clean(browser: &Browser, origin: &str) {
    let errors = browser.console_errors();
    assert!(errors.is_empty(), "the console says {errors:#?}");
    for request in browser.requests() {
        let own = request.starts_with(origin)
            || request.starts_with("data:")
            // The browser's own first page.
            || request.starts_with("chrome:");
        assert!(own, "{request} is not at {origin}");
    }
}
