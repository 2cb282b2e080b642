//! The Monero stratum dialect: lines, messages, replies.

mod algo_perf;
mod error_class;
mod job_line;
mod line;
mod pool_line;
mod reply;
mod request;
mod text;

pub use algo_perf::AlgoPerf;
pub use error_class::*;
pub use job_line::{JobLine, MinerJobId};
pub use line::{
    DEPTH_LIMIT, LINE_LIMIT, LINE_LIMIT_BEFORE_LOGIN, LineAssembler, LineTooLong, nests_deeper_than,
};
pub use pool_line::*;
pub use reply::{makes_miners_hang_up, push_error, push_kept_alive, push_login, push_ok};
pub use request::{
    Abilities, BadRequest, Login, MinerLine, MinerRequest, RequestId, Submit, parse_miner_line,
};
pub use text::Text;
