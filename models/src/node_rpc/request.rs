//! Bodies of the requests to `/json_rpc`.

use serde_json::Value;

/// Asks for a block template that pays to `wallet`, with `reserve` bytes kept free for extra
/// nonces; monerod keeps at most 255.
#[must_use]
pub fn render_get_block_template(wallet: &str, reserve: u8) -> String {
    // A wallet comes from the settings: whatever it holds stays one string.
    let wallet = Value::from(wallet);
    format!(
        r#"{{"jsonrpc":"2.0","id":"0","method":"get_block_template","params":{{"wallet_address":{wallet},"reserve_size":{reserve}}}}}"#
    )
}

/// Asks how far the node is.
#[must_use]
pub const fn render_get_info() -> &'static str {
    r#"{"jsonrpc":"2.0","id":"0","method":"get_info"}"#
}

/// Hands in a whole block.
#[must_use]
pub fn render_submit_block(block: &[u8]) -> String {
    let block = const_hex::encode(block);
    format!(r#"{{"jsonrpc":"2.0","id":"0","method":"submit_block","params":["{block}"]}}"#)
}
