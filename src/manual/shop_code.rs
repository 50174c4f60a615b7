//! What the shop's own code is told, and how to read it.
//!
//! # The field
//!
//! Every request that reaches the shop of a site in `enforce` mode carries one field of ours:
//!
//! ```text
//! Vestibule-Consent: necessary=granted, analytics=granted, marketing=denied, regime="gdpr-fr", revision="1f3a90c2"
//! ```
//!
//! It is a dictionary in the sense of RFC 9651. Each purpose that the site asks about is a member, and its value is a token:
//! `granted`, `denied`, or `undecided` where nobody said anything and nothing is allowed without a yes. `regime` is a string,
//! the law that holds for this visitor; of a visitor whose country nobody knows, several laws may hold together, joined with
//! `+`. `revision` is a string that names the policy, so that pages which the shop keeps can be told apart. Purposes cannot
//! be called `regime` or `revision`. Members may come in any order, and later releases may add members and parameters.
//!
//! Three rules for whoever reads it:
//!
//! - Only `granted` is a yes. A purpose that is absent, or a request without the field, is a no.
//! - Clients' own copies are taken out, also those that are written with `_`, which to CGI, WSGI and PHP are the same. Someone
//!   who reaches the shop past Vestibule can write what they like: let the shop be reached through Vestibule alone.
//! - A page that depends on it must not be cached for everybody. Vestibule makes pages `private`; a cache inside the shop has
//!   to keep one copy for each value of the field.
//!
//! In `observe` and `off` mode nothing is changed, and so the field is not there.
//!
//! # PHP
//!
//! ```php
//! function vestibule(): array {
//!     $field = $_SERVER['HTTP_VESTIBULE_CONSENT'] ?? '';
//!     preg_match_all('/(?:^|,)\s*([a-z*][\w.*-]*)=("?)([^",;]*)\2/', $field, $found);
//!     return array_combine($found[1], $found[3]);
//! }
//! ```
//! `if ((vestibule()['analytics'] ?? '') === 'granted') { … }`
//!
//! # Python
//!
//! ```python
//! import re
//!
//! def vestibule(environ):
//!     field = environ.get("HTTP_VESTIBULE_CONSENT", "")
//!     members = re.findall(r'(?:^|,)\s*([a-z*][\w.*-]*)=("?)([^",;]*)\2', field)
//!     return {key: value for key, _, value in members}
//! ```
//! `if vestibule(environ).get("analytics") == "granted": …`, with the environment of WSGI or CGI; `request.META` in Django.
//!
//! # Node
//!
//! ```js
//! function vestibule(headers) {
//!   const field = headers["vestibule-consent"] ?? "";
//!   const members = field.matchAll(/(?:^|,)\s*([a-z*][\w.*-]*)=("?)([^",;]*)\2/g);
//!   return new Map([...members].map(([, key, , value]) => [key, value]));
//! }
//! ```
//! `if (vestibule(request.headers).get("analytics") === "granted") { … }`
//!
//! # Java
//!
//! ```java
//! static java.util.Map<String, String> vestibule(String field) {
//!     var found = new java.util.HashMap<String, String>();
//!     var member = java.util.regex.Pattern.compile("(?:^|,)\\s*([a-z*][\\w.*-]*)=(\"?)([^\",;]*)\\2");
//!     member.matcher(field == null ? "" : field).results().forEach(one -> found.put(one.group(1), one.group(3)));
//!     return found;
//! }
//! ```
//! `if ("granted".equals(vestibule(request.getHeader("Vestibule-Consent")).get("analytics"))) { … }`
//!
//! The tests run each of these on real values of the field.
