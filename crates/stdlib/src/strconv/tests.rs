//! Numbers and quotes as text, against what real Go gives.

use super::{ftoa, number, quote};

fn check(value: f64, format: char, prec: i64, bits: u32, expected: &str) {
    let mut out = Vec::new();
    ftoa::append_float(&mut out, value, format as u8, prec, bits);
    assert_eq!(String::from_utf8_lossy(&out), expected, "{value:e} %{format} {prec} {bits}");
}

#[test]
fn of_two_shortest_texts_that_are_equally_near_the_even_one_is_taken() {
    check(2.0f64.powi(-25), 'f', -1, 64, "0.000000029802322387695312");
    check(2.0f64.powi(-12), 'E', -1, 32, "2.4414062E-04");
    check(456_807.125, 'G', -1, 32, "456807.12");
    check(7_395_571_801_552_325.0 / 4.0, 'f', -1, 64, "1848892950388081.2");
    check(7_395_571_801_552_327.0 / 4.0, 'f', -1, 64, "1848892950388081.8");
    // The nearest text with so few digits does not read back: the interval is smaller below.
    check(9_007_199_254_740_992.0, 'e', -1, 64, "9.007199254740992e+15");
    check(5e-324, 'g', -1, 64, "5e-324");
}

#[test]
fn with_32_bits_the_number_is_a_float32_first() {
    check(1e-11, 'E', 9, 32, "9.999999960E-12");
    check(1e300, 'g', -1, 32, "+Inf");
    check(1e-300, 'x', 2, 32, "0x0.00p+00");
    check(16_777_217.0, 'b', -1, 32, "8388608p+1");
}

#[test]
fn layouts_follow_the_exponent() {
    check(1e20, 'g', -1, 64, "1e+20");
    check(100_000.0, 'g', 3, 64, "1e+05");
    check(123_456_789.0, 'G', 4, 64, "1.235E+08");
    check(0.0001, 'g', -1, 64, "0.0001");
    check(0.00001, 'g', -1, 64, "1e-05");
    check(-0.0, 'f', 2, 64, "-0.00");
    check(1.0, 'f', 1200, 64, &format!("1.{}", "0".repeat(1200)));
    check(1.0, 'y', 2, 64, "%y");
}

#[test]
fn two_single_quotes_are_an_empty_text() {
    let unquoted = |text: &[u8]| {
        let Ok(found) = quote::unquote_prefix(text, &mut number::untold);
        found
    };
    assert_eq!(unquoted(b"''"), Some((2, Vec::new())));
    assert_eq!(unquoted(b"'ab'"), None);
    assert_eq!(unquoted(b"'a'b"), Some((3, b"a".to_vec())));
}

#[test]
fn digits_that_do_not_decide_are_not_kept() {
    let check = |text: &str| {
        let Ok((value, length, _)) = number::parse_float_prefix(text.as_bytes(), 64, &mut number::untold);
        assert_eq!((value, length), (text.parse().unwrap(), text.len()), "{:.40}…", text);
    };
    // Half way between two floats, and a little above.
    for zeros in [0, 1, 20, 799, 800, 801, 5000] {
        let zeros = "0".repeat(zeros);
        check(&format!("9007199254740993.{zeros}1"));
        check(&format!("9007199254740993.{zeros}"));
        check(&format!("0.{zeros}123"));
        check(&format!("{zeros}9007199254740993{zeros}e-{}", zeros.len()));
        check(&format!("1{zeros}1e-{}", zeros.len()));
    }
    check(&format!("0.{}", "7".repeat(3000)));
    check(&"9".repeat(310));
    let Ok(hex) = number::parse_float_prefix(
        format!("0x1.0000000000000800{}1p3", "0".repeat(900)).as_bytes(),
        64,
        &mut number::untold,
    );
    assert_eq!(hex.0, 8.0 * (1.0 + f64::EPSILON));
}
