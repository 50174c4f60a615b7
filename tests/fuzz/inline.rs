//! Scripts of random pieces: nothing panics, what is found is a service, and the same bytes say the same.

use vestibule::catalog::Catalog;
use vestibule::config;

use super::{Dice, number};

const PIECES: [&[u8]; 72] = [
    b"fbq('init'",
    b"gtag('config','G-1')",
    b"_paq",
    b"'gtm.start'",
    b"https://www.googletagmanager.com/gtm.js",
    b"//t.example/x",
    b"(function(w,d,s,l,i){",
    b"})(window,document,'script','//t.example/a.js')",
    b"function f(a,b)",
    b"=>",
    b"return ",
    b"new ",
    b"var ",
    b"let a=",
    b"s.src=",
    b".src",
    b"['src']",
    b".call(",
    b".setAttribute('src',",
    b"fetch(",
    b"import(",
    b"eval(",
    b"document.write('",
    b"<script>",
    b"</script>",
    b"<img src=//t.example/i>",
    b"$('",
    b"innerHTML",
    b"atob('",
    b"unescape('",
    b"String.fromCharCode(",
    b"65,0x66",
    b".join('')",
    b".concat(",
    b"setTimeout('",
    b"createElement('script')",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"'",
    b"\"",
    b"`",
    b"${",
    b"/",
    b"//",
    b"/*",
    b"*/",
    b"<!--",
    b"-->",
    b"\\",
    b"\\x66",
    b"\\u{66}",
    b"\\u00",
    b"\n",
    b"\r",
    b"\xe2\x80\xa8",
    b"\xc2\xa0",
    b"\xff",
    b"\0",
    b"+",
    b"=",
    b"==",
    b"||",
    b"?",
    b":",
    b",",
    b";",
    b".",
    b"0x",
];

#[test]
fn scripts_of_any_bytes() {
    let executions = number("VESTIBULE_FUZZ", 4000);
    let seed = number("VESTIBULE_FUZZ_SEED", 20_261_127);
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    let catalog = Catalog::new(config::builtin_services());
    let mut known = 0_u64;
    for execution in first..first + executions {
        let mut dice = Dice(seed.wrapping_mul(0x1_0000_0003).wrapping_add(execution));
        let mut script = Vec::new();
        for _ in 0..dice.below(40) {
            if dice.below(12) == 0 {
                script.push(u8::try_from(dice.below(256)).unwrap());
            } else {
                let piece: &&[u8] = dice.one(&PIECES);
                script.extend_from_slice(piece);
            }
        }
        let reading = catalog.read_inline(&script);
        assert!(reading.services.iter().all(|id| catalog.service(*id).is_some()));
        assert!(reading.services.is_sorted(), "seed {seed}, execution {execution}");
        assert!(!reading.only_loads || !reading.loads.is_empty());
        assert_eq!(reading, catalog.read_inline(&script));
        // Whoever is found once is found again behind a line of comment.
        let later = [b"//x\n", &script[..]].concat();
        assert_eq!(reading.services, catalog.read_inline(&later).services, "seed {seed}, execution {execution}");
        known += u64::from(!reading.services.is_empty());
    }
    println!("{executions} scripts, seed {seed}, {known} known");
    assert!(known * 50 > executions || executions < 1000, "too few of the scripts are anybody's: {known}");
}
