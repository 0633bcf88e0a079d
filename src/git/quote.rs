//! Paths as git quotes them in a patch.
//!
//! Input: a path, in double quotes with the escapes of C when it holds anything unusual. Output: the path.
//! Must not know: patches.

/// Bytes that are not UTF-8 are replaced, as everywhere in paths.
pub fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(b'r') => bytes.push(b'\r'),
            Some(digit @ b'0'..=b'7') => {
                let octal = |byte: u8| u32::from(byte.wrapping_sub(b'0'));
                let value = octal(digit) * 64 + rest.next().map_or(0, octal) * 8 + rest.next().map_or(0, octal);
                bytes.push(value as u8);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn plain_and_quoted_paths_come_back() {
        assert_eq!(unquote("models/a b.js"), "models/a b.js");
        assert_eq!(unquote(r#""models/\303\251\t\"x\"\\\n.js""#), "models/é\t\"x\"\\\n.js");
    }
}
