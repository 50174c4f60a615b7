//! What each code looks like when it happens: the first test case of each, as `check` shows it.

/// One per code; a test holds that none is missing.
const EXAMPLES: &[(&str, &str)] = &[
    ("V0001", include_str!("../../tests/data/config-errors/V0001-missing-include.txt")),
    ("V0002", include_str!("../../tests/data/config-errors/V0002-latin-1.txt")),
    ("V0003", include_str!("../../tests/data/config-errors/V0003-include-without-directory.txt")),
    ("V0101", include_str!("../../tests/data/config-errors/V0101-unclosed-string.txt")),
    ("V0102", include_str!("../../tests/data/config-errors/V0102-misplaced-key.txt")),
    ("V0103", include_str!("../../tests/data/config-errors/V0103-missing-upstream.txt")),
    ("V0104", include_str!("../../tests/data/config-errors/V0104-number-for-list.txt")),
    ("V0105", include_str!("../../tests/data/config-errors/V0105-choice-for-ten-years.txt")),
    ("V0106", include_str!("../../tests/data/config-errors/V0106-listener-in-included-file.txt")),
    ("V0107", include_str!("../../tests/data/config-errors/V0107-unknown-mode.txt")),
    ("V0108", include_str!("../../tests/data/config-errors/V0108-no-hosts.txt")),
    ("V0109", include_str!("../../tests/data/config-errors/V0109-language.txt")),
    ("V0110", include_str!("../../tests/data/config-errors/V0110-no-such-kind.txt")),
    ("V0111", include_str!("../../tests/data/config-errors/V0111-file-missing.txt")),
    ("V0112", include_str!("../../tests/data/config-errors/V0112-too-many-hosts.txt")),
    ("V0201", include_str!("../../tests/data/config-errors/V0201-version.txt")),
    ("V0202", include_str!("../../tests/data/config-errors/V0202-listen-on-a-name.txt")),
    ("V0203", include_str!("../../tests/data/config-errors/V0203-host-bits.txt")),
    ("V0204", include_str!("../../tests/data/config-errors/V0204-admin-for-everybody.txt")),
    ("V0205", include_str!("../../tests/data/config-errors/V0205-upstream-scheme.txt")),
    ("V0206", include_str!("../../tests/data/config-errors/V0206-first-party-url.txt")),
    ("V0207", include_str!("../../tests/data/config-errors/V0207-star-beside-hosts.txt")),
    ("V0208", include_str!("../../tests/data/config-errors/V0208-host-twice.txt")),
    ("V0209", include_str!("../../tests/data/config-errors/V0209-own-path.txt")),
    ("V0210", include_str!("../../tests/data/config-errors/V0210-no-site.txt")),
    ("V0212", include_str!("../../tests/data/config-errors/V0212-listener-twice.txt")),
    ("V0213", include_str!("../../tests/data/config-errors/V0213-same-key-twice.txt")),
    ("V0214", include_str!("../../tests/data/config-errors/V0214-everybody-is-trusted.txt")),
    ("V0215", include_str!("../../tests/data/config-errors/V0215-no-certificate.txt")),
    ("V0216", include_str!("../../tests/data/config-errors/V0216-short-key.txt")),
    ("V0217", include_str!("../../tests/data/config-errors/V0217-open-key.txt")),
    ("V0301", include_str!("../../tests/data/config-errors/V0301-purpose-of-another-site.txt")),
    ("V0302", include_str!("../../tests/data/config-errors/V0302-too-many-purposes.txt")),
    ("V0303", include_str!("../../tests/data/config-errors/V0303-no-benefit.txt")),
    ("V0304", include_str!("../../tests/data/config-errors/V0304-necessary-denied.txt")),
    ("V0305", include_str!("../../tests/data/config-errors/V0305-id.txt")),
    ("V0306", include_str!("../../tests/data/config-errors/V0306-purpose-twice.txt")),
    ("V0307", include_str!("../../tests/data/config-errors/V0307-benefit-without-french.txt")),
    ("V0401", include_str!("../../tests/data/config-errors/V0401-route-without-slash.txt")),
    ("V0402", include_str!("../../tests/data/config-errors/V0402-unreachable-route.txt")),
    ("V0403", include_str!("../../tests/data/config-errors/V0403-route-without-effect.txt")),
    ("V0404", include_str!("../../tests/data/config-errors/V0404-lower-case-method.txt")),
    ("V0405", include_str!("../../tests/data/config-errors/V0405-stage-of-no-route.txt")),
    ("V0406", include_str!("../../tests/data/config-errors/V0406-unknown-hosts-allowed.txt")),
    ("V0501", include_str!("../../tests/data/config-errors/V0501-necessary-cookie.txt")),
    ("V0502", include_str!("../../tests/data/config-errors/V0502-reason.txt")),
    ("V0503", include_str!("../../tests/data/config-errors/V0503-carrier-with-purpose.txt")),
    ("V0504", include_str!("../../tests/data/config-errors/V0504-service-twice.txt")),
    ("V0505", include_str!("../../tests/data/config-errors/V0505-unknown-service.txt")),
    ("V0506", include_str!("../../tests/data/config-errors/V0506-cookie-with-value.txt")),
    ("V0507", include_str!("../../tests/data/config-errors/V0507-recognised-by-nothing.txt")),
    ("V0508", include_str!("../../tests/data/config-errors/V0508-address-with-scheme.txt")),
    ("V0509", include_str!("../../tests/data/config-errors/V0509-names-both.txt")),
    ("V0510", include_str!("../../tests/data/config-errors/V0510-marker.txt")),
    ("V0511", include_str!("../../tests/data/config-errors/V0511-necessary-and-marketing.txt")),
    ("V0512", include_str!("../../tests/data/config-errors/V0512-purpose-for-a-carrier.txt")),
    ("V0513", include_str!("../../tests/data/config-errors/V0513-cookie-of-two.txt")),
    ("V0514", include_str!("../../tests/data/config-errors/V0514-pattern-catches-session.txt")),
    ("V0515", include_str!("../../tests/data/config-errors/V0515-necessary-tracker.txt")),
    ("V0601", include_str!("../../tests/data/config-errors/V0601-opt-in-that-allows.txt")),
    ("V0602", include_str!("../../tests/data/config-errors/V0602-unknown-regime.txt")),
    ("V0603", include_str!("../../tests/data/config-errors/V0603-country.txt")),
    ("V0604", include_str!("../../tests/data/config-errors/V0604-country-from-nowhere.txt")),
    ("V0605", include_str!("../../tests/data/config-errors/V0605-regime-twice.txt")),
    ("V0606", include_str!("../../tests/data/config-errors/V0606-country-from-anybody.txt")),
    ("V0607", include_str!("../../tests/data/config-errors/V0607-asked-too-soon.txt")),
    ("V0608", include_str!("../../tests/data/config-errors/V0608-measurement-is-not-necessary.txt")),
    ("V0609", include_str!("../../tests/data/config-errors/V0609-nobody-asks.txt")),
    ("V0701", include_str!("../../tests/data/config-errors/V0701-expects-nothing.txt")),
    ("V0702", include_str!("../../tests/data/config-errors/V0702-empty-list.txt")),
    ("V0703", include_str!("../../tests/data/config-errors/V0703-not-asked-for.txt")),
    ("V0704", include_str!("../../tests/data/config-errors/V0704-address-without-slash.txt")),
    ("V0705", include_str!("../../tests/data/config-errors/V0705-cookie-among-headers.txt")),
    ("V0706", include_str!("../../tests/data/config-errors/V0706-nothing-to-judge.txt")),
    ("V0707", include_str!("../../tests/data/config-errors/V0707-blocked-and-kept.txt")),
];

/// How a diagnostic with this code looks, in a file called `vestibule.toml`.
pub fn example_of(code: &str) -> Option<String> {
    let (_, text) = EXAMPLES.iter().find(|(known, _)| *known == code)?;
    let directory = "tests/data/config-errors/";
    let mut lines = Vec::new();
    for line in text.lines() {
        // A place starts a line; everything else is what the file says.
        let place = line.strip_prefix(directory).and_then(|rest| rest.split_once(".toml:"));
        lines.push(place.map_or_else(|| line.to_owned(), |(_, rest)| format!("vestibule.toml:{rest}")));
    }
    Some(lines.join("\n").replace(directory, ""))
}
