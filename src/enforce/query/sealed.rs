//! Queries that may not change: signed addresses, steps of sign-in protocols, and returns from a payment.
//!
//! A signature covers what stands beside it, and the far side of a protocol compares what comes back with what it sent. In
//! such a query nothing is touched, click ids included. What seals it stands in one table, [`SEALS`]: names that have to be
//! there together, in any case of letters, and now and then what a value starts with.
//!
//! **What that costs.** A sealed query keeps a click id: whoever lands on `?gclid=1&signature=2` tells the shop the click
//! id, as they would without us. **What it must not cost**: a word that shops use for themselves must not seal, or every
//! search page would. So `code`, `state`, `token`, `hash`, `key`, `sig`, `id`, `status`, `order` and `orderid` seal nothing
//! on their own. `signature`, `hmac` and the names that only one protocol has, do.
//!
//! A redirect to a sealed address is never led elsewhere either: a sign-in with a social network passes as the shop wrote it.

use super::Pair;

/// Names that seal a query when all of them are there.
#[derive(Clone, Copy, Debug)]
pub struct Seal {
    /// The names, in lower case.
    pub names: &'static [&'static str],
    /// What the value of the first one starts with; empty when any value does.
    pub starts: &'static str,
    /// What it is, and where that is written.
    pub what: &'static str,
}

const fn seal(names: &'static [&'static str], what: &'static str) -> Seal {
    Seal { names, starts: "", what }
}

const fn with_value(names: &'static [&'static str], starts: &'static str, what: &'static str) -> Seal {
    Seal { names, starts, what }
}

/// Everything that seals a query.
pub const SEALS: &[Seal] = &[
    // Signed addresses.
    seal(&["x-amz-signature"], "AWS Signature Version 4 in a query (Amazon S3 API reference)"),
    seal(&["awsaccesskeyid", "signature"], "AWS Signature Version 2 (Amazon S3 user guide)"),
    seal(&["key-pair-id", "signature"], "CloudFront signed address (Amazon CloudFront developer guide)"),
    seal(&["x-goog-signature"], "Google Cloud Storage V4 signed address"),
    seal(&["googleaccessid", "signature"], "Google Cloud Storage V2 signed address"),
    seal(&["sig", "se"], "Azure shared access signature, with expiry (Azure Storage documentation)"),
    seal(&["sig", "sv"], "Azure shared access signature, with version (Azure Storage documentation)"),
    seal(&["x-oss-signature"], "Alibaba Cloud OSS V4 signed address"),
    seal(&["ossaccesskeyid", "signature"], "Alibaba Cloud OSS V1 signed address"),
    seal(&["q-signature"], "Tencent COS signed address"),
    seal(&["hmac"], "Shopify app and OAuth requests; shops with an `hmac` of their own"),
    seal(&["signature"], "Laravel signed routes, Shopify app proxy, Adyen, Lyra, and most home-made ones"),
    seal(&["_signature"], "home-made signatures, and Livewire's signed uploads"),
    seal(&["_hash", "_expiration"], "Symfony UriSigner with an expiry"),
    seal(&["_hash"], "Symfony UriSigner: the signature covers the whole query"),
    seal(&["hash", "expires"], "home-made signature with expiry"),
    seal(&["hash", "timestamp"], "home-made signature with time"),
    seal(&["token", "expires"], "CDN token authentication (Bunny, KeyCDN), with expiry"),
    seal(&["hdnts"], "Akamai edge authorization token"),
    seal(&["hdnea"], "Akamai edge authorization token"),
    seal(&["__token__"], "Akamai media token"),
    seal(&["oauth_signature"], "OAuth 1.0 signature (RFC 5849 §3.5.3)"),
    // Sign-in.
    seal(&["client_id", "response_type"], "OAuth 2.0 authorization request (RFC 6749 §4.1.1)"),
    seal(&["client_id", "redirect_uri"], "OAuth 2.0 authorization request (RFC 6749 §4.1.1)"),
    seal(&["client_id", "request_uri"], "pushed authorization request (RFC 9126 §4)"),
    seal(&["code", "state"], "OAuth 2.0 authorization response (RFC 6749 §4.1.2)"),
    seal(&["code", "iss"], "OAuth 2.0 authorization response with issuer (RFC 9207 §2)"),
    seal(&["code", "session_state"], "OpenID Connect session management"),
    seal(&["error", "state"], "OAuth 2.0 error response (RFC 6749 §4.1.2.1)"),
    seal(&["oauth_token"], "OAuth 1.0 (RFC 5849 §2.2)"),
    seal(&["oauth_verifier"], "OAuth 1.0 (RFC 5849 §2.2)"),
    seal(&["id_token"], "OpenID Connect Core §3.2.2.5"),
    seal(&["access_token"], "OAuth 2.0 (RFC 6750 §2.3)"),
    seal(&["id_token_hint"], "OpenID Connect RP-initiated logout §2"),
    seal(&["post_logout_redirect_uri"], "OpenID Connect RP-initiated logout §2"),
    seal(&["samlrequest"], "SAML 2.0 bindings §3.4.4"),
    seal(&["samlresponse"], "SAML 2.0 bindings §3.4.4"),
    seal(&["samlart"], "SAML 2.0 bindings §3.6.4"),
    seal(&["openid.mode"], "OpenID Authentication 2.0 §4.1.2"),
    seal(&["wa", "wtrealm"], "WS-Federation §13.2"),
    seal(&["wa", "wresult"], "WS-Federation §13.2"),
    seal(&["oobcode"], "Firebase Authentication mail links"),
    // Returns from a payment, and steps of one.
    seal(&["token", "payerid"], "PayPal Express Checkout return"),
    seal(&["paymentid", "payerid"], "PayPal REST payment return"),
    seal(&["payment_intent"], "Stripe Payment Intents return"),
    seal(&["payment_intent_client_secret"], "Stripe Payment Intents return"),
    seal(&["setup_intent"], "Stripe Setup Intents return"),
    seal(&["redirect_status"], "Stripe redirect return"),
    with_value(&["session_id"], "cs_", "Stripe Checkout return: `{CHECKOUT_SESSION_ID}`"),
    seal(&["md", "pares"], "3-D Secure 1 return"),
    seal(&["md", "pareq"], "3-D Secure 1 request"),
    seal(&["cres"], "3-D Secure 2 challenge response (EMV 3DS §5.8)"),
    seal(&["creq"], "3-D Secure 2 challenge request (EMV 3DS §5.8)"),
    seal(&["threedsmethoddata"], "3-D Secure 2 method (EMV 3DS §5.8)"),
    seal(&["redirectresult"], "Adyen Checkout return"),
    seal(&["merchantsig"], "Adyen hosted pages return"),
    seal(&["kco_order_id"], "Klarna Checkout for WooCommerce"),
    seal(&["klarna_order_id"], "Klarna Checkout return"),
    seal(&["ds_signature"], "Redsys return"),
    seal(&["ds_merchantparameters"], "Redsys return"),
    seal(&["shasign"], "Ogone and Worldline return"),
    seal(&["vads_hash"], "Lyra and SystemPay return"),
    seal(&["kr-hash"], "Lyra and SystemPay return"),
    seal(&["data", "seal"], "Worldline Sips return"),
    seal(&["codtrans", "mac"], "Nexi XPay return"),
    seal(&["amazoncheckoutsessionid"], "Amazon Pay Checkout v2 return"),
    seal(&["ordertoken", "status"], "Scalapay return"),
    seal(&["orderid", "token"], "payment return of many gateways"),
    seal(&["orderid", "paymentid"], "payment return of many gateways"),
    seal(&["orderid", "transactionid"], "payment return of many gateways"),
    seal(&["orderid", "status"], "payment return of many gateways"),
    seal(&["orderid", "hash"], "payment return of many gateways"),
    with_value(&["key"], "wc_order_", "WooCommerce page behind the checkout"),
];

/// Whether nothing in this query may change.
pub(crate) fn is_sealed(pairs: &[Pair<'_>]) -> bool {
    let named = |name: &str| pairs.iter().find(|pair| pair.name().eq_ignore_ascii_case(name.as_bytes()));
    SEALS.iter().any(|seal| {
        let value = || {
            seal.names
                .first()
                .and_then(|name| named(name))
                .is_some_and(|pair| pair.value().starts_with(seal.starts.as_bytes()))
        };
        seal.names.iter().all(|name| named(name).is_some()) && value()
    })
}

#[cfg(test)]
mod tests {
    use super::super::pairs;
    use super::{SEALS, is_sealed};

    fn sealed(query: &str) -> bool {
        is_sealed(&pairs(query.as_bytes()).collect::<Vec<_>>())
    }

    #[test]
    fn every_seal_seals_and_needs_all_its_names() {
        for seal in SEALS {
            let query: Vec<String> = seal.names.iter().map(|name| format!("{name}={}1", seal.starts)).collect();
            assert!(sealed(&format!("a=1&{}&gclid=2", query.join("&"))), "{query:?}");
            assert!(sealed(&query.join(";").to_uppercase().replace("CS_", "cs_").replace("WC_ORDER_", "wc_order_")));
            assert!(!seal.what.is_empty() && seal.names.iter().all(|name| **name == name.to_lowercase()));
            if !seal.starts.is_empty() {
                assert!(!sealed(&format!("{}=x{}", seal.names[0], seal.starts)), "{query:?}");
            }
        }
    }

    #[test]
    fn words_that_shops_use_for_themselves_seal_nothing() {
        for name in [
            "code",
            "state",
            "token",
            "hash",
            "key",
            "sig",
            "id",
            "status",
            "order",
            "orderid",
            "session_id",
            "expires",
            "s",
            "sv",
            "se",
            "md",
            "data",
            "mac",
            "error",
            "iss",
            "client_id",
            "source",
            "timestamp",
            "sign",
            "ticket",
        ] {
            assert!(!sealed(&format!("{name}=1&gclid=2&q=shoes&utm_source=x")), "{name}");
        }
        assert!(!sealed("") && !sealed("&") && !sealed("code&coupon=STATE"));
    }
}
