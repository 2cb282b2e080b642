//! The answer to `get_block_header_by_height`: which block has a height.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{bad, hash, required, served};
use super::{NodeFault, NodeRefusal};
use crate::work::BlockId;

/// "Requested block height is greater than current top block height".
const TOO_BIG_HEIGHT: i64 = -2;

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    block_header: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    hash: Option<&'a RawValue>,
    #[serde(borrow)]
    height: Option<&'a RawValue>,
}

/// Asks which block of the main chain has a height.
#[must_use]
pub fn render_get_block_header(height: u64) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"0","method":"get_block_header_by_height","params":{{"height":{height}}}}}"#
    )
}

/// Reads the reply: the block's id; none when the chain does not reach so high.
///
/// # Errors
/// See [`NodeFault`]; also a header of another height.
pub fn parse_block_header(body: &[u8], height: u64) -> Result<Option<BlockId>, NodeFault> {
    let fields: Fields<'_> = match served(body) {
        Ok(fields) => fields,
        Err(NodeFault::Refused(NodeRefusal { code, .. })) if code == TOO_BIG_HEIGHT => {
            return Ok(None);
        }
        Err(fault) => return Err(fault),
    };
    let header: Header<'_> = required("block_header", fields.block_header)?;
    let told: u64 = required("height", header.height)?;
    if told != height {
        return Err(bad("height", "is not the one that was asked for").into());
    }
    Ok(Some(hash("hash", header.hash, BlockId::from_hex)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_has_a_block_or_the_chain_does_not_reach_it() {
        let id = "ab".repeat(32);
        let reply = format!(
            r#"{{"result":{{"status":"OK","block_header":{{"height":7,"hash":"{id}"}}}}}}"#
        );
        let found = parse_block_header(reply.as_bytes(), 7).unwrap();
        assert_eq!(found, Some(BlockId::from_hex(&id).unwrap()));
        let fault = parse_block_header(reply.as_bytes(), 8).unwrap_err();
        assert!(fault.to_string().starts_with("height: "), "{fault}");
        let above = br#"{"error":{"code":-2,"message":"greater than current top"}}"#;
        assert_eq!(parse_block_header(above, 7).unwrap(), None);
        assert!(parse_block_header(br#"{"error":{"code":-1,"message":""}}"#, 7).is_err());
    }
}
