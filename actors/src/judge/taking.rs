//! Another policy while it runs.

use actix::Handler;
use zartrux_models::judge::JudgePolicy;

use super::{Judge, ReplacePolicy};

impl Handler<ReplacePolicy> for Judge {
    type Result = ();

    fn handle(&mut self, new: ReplacePolicy, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.policy = JudgePolicy {
            max_rigs: self.policy.max_rigs,
            ..new.policy
        };
        self.upstreams.replace_rules(&new.ban_rules);
    }
}
