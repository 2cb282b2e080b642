//! Words for a POSIX shell.

use std::path::Path;

/// `path` as one word of a shell command.
pub(crate) fn quote(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_path_comes_out_of_the_shell_as_it_was() {
        let path = r#"a b'c"d$e`f\g"#;
        let out = std::process::Command::new("sh")
            .args(["-c", &format!("printf %s {}", quote(Path::new(path)))])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), path);
    }
}
