//! Bytes that no peer should send.

/// Named hostile inputs; each ends its line where it has one.
pub fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    let mut huge = vec![b'x'; 1 << 20];
    huge.push(b'\n');
    let mut huge_string = br#"{"id":1,"jsonrpc":"2.0","method":""#.to_vec();
    huge_string.extend(std::iter::repeat_n(b'a', 300_000));
    huge_string.extend_from_slice(b"\"}\n");
    let mut nested = b"[".repeat(50_000);
    nested.push(b'\n');
    let nested_params = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{}{}}}\n",
        "{\"a\":".repeat(10_000),
        "1".to_owned() + &"}".repeat(10_000)
    );
    vec![
        ("no json", b"hello, this is no pool\n".to_vec()),
        (
            "http",
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec(),
        ),
        ("empty lines", b"\n\n\r\n\n".to_vec()),
        ("no utf-8", b"{\"id\":1,\"result\":\"\xff\xfe\"}\n".to_vec()),
        ("zero bytes", vec![0; 4096]),
        (
            "half a line",
            b"{\"id\":1,\"jsonrpc\":\"2.0\",\"res".to_vec(),
        ),
        (
            "json of no object",
            b"[1,2,3]\n42\nnull\n\"job\"\n".to_vec(),
        ),
        (
            "id of a wrong type",
            b"{\"id\":{\"a\":1},\"error\":null,\"result\":{}}\n".to_vec(),
        ),
        (
            "result of a wrong type",
            b"{\"id\":1,\"error\":null,\"result\":[7]}\n".to_vec(),
        ),
        (
            "error of a wrong type",
            b"{\"id\":1,\"error\":\"no\"}\n".to_vec(),
        ),
        (
            "job with fields of wrong types",
            b"{\"method\":\"job\",\"params\":{\"blob\":7,\"job_id\":[],\"target\":null}}\n"
                .to_vec(),
        ),
        (
            "job without fields",
            b"{\"method\":\"job\",\"params\":{}}\n".to_vec(),
        ),
        (
            "unknown method",
            b"{\"method\":\"mining.notify\",\"params\":[1]}\n".to_vec(),
        ),
        (
            "answer to nothing",
            b"{\"id\":987654,\"result\":{\"status\":\"OK\"}}\n".to_vec(),
        ),
        ("huge line", huge),
        ("huge string", huge_string),
        ("deep nesting", nested),
        ("deep nesting in params", nested_params.into_bytes()),
    ]
}
