//! Appendix A.2 and B.1: the keys.

/// Appendix A.2: the recipient's devices. The name of the key, its curve, `d`.
pub const BOB: [(&str, &str, &str); 9] = [
    (
        "key-x25519-1",
        "X25519",
        "b9NnuOCB0hm7YGNvaE9DMhwH_wjZA1-gWD6dA0JWdL0",
    ),
    (
        "key-x25519-2",
        "X25519",
        "p-vteoF1gopny1HXywt76xz_uC83UUmrgszsI-ThBKk",
    ),
    (
        "key-x25519-3",
        "X25519",
        "f9WJeuQXEItkGM8shN4dqFr5fLQLBasHnWZ-8dPaSo0",
    ),
    (
        "key-p256-1",
        "P-256",
        "PgwHnlXxt8pwR6OCTUwwWx-P51BiLkFZyqHzquKddXQ",
    ),
    (
        "key-p256-2",
        "P-256",
        "agKz7HS8mIwqO40Q2dwm_Zi70IdYFtonN5sZecQoxYU",
    ),
    (
        "key-p384-1",
        "P-384",
        "ajqcWbYA0UDBKfAhkSkeiVjMMt8l-5rcknvEv9t_Os6M8s-HisdywvNCX4CGd_xY",
    ),
    (
        "key-p384-2",
        "P-384",
        "OiwhRotK188BtbQy0XBO8PljSKYI6CCD-nE_ZUzK7o81tk3imDOuQ-jrSWaIkI-T",
    ),
    (
        "key-p521-1",
        "P-521",
        "AV5ocjvy7PkPgNrSuvCxtG70NMj6iTabvvjSLbsdd8OdI9HlXYlFR7RdBbgLUTruvaIRhjEAE9gNTH6rWUIdfuj6",
    ),
    (
        "key-p521-2",
        "P-521",
        "ABixMEZHsyT7SRw-lY5HxdNOofTZLlwBHwPEJ3spEMC2sWN1RZQylZuvoyOBGJnPxg4-H_iVhNWf_OtgYODrYhCk",
    ),
];

/// Appendix B.1: the sender's document, of its keys the name, the curve, x and y.
pub const ALICE_SIGNS: [(&str, &str, &str, Option<&str>); 3] = [
    (
        "key-1",
        "Ed25519",
        "G-boxFB6vOZBu-wXkm-9Lh79I8nf9Z50cILaOgKKGww",
        None,
    ),
    (
        "key-2",
        "P-256",
        "2syLh57B-dGpa0F8p1JrO6JU7UUSF6j7qL-vfk1eOoY",
        Some("BgsGtI7UPsObMRjdElxLOrgAO9JggNMjOcfzEPox18w"),
    ),
    (
        "key-3",
        "secp256k1",
        "aToW5EaTq5mlAf8C5ECYDSkqsJycrW-e1SQ6_GJcAOk",
        Some("JAGX94caA21WKreXwYUaOCYTBMrqaX4KWIlsQZTHWCk"),
    ),
];

pub const ALICE_AGREES: [(&str, &str, &str, Option<&str>); 3] = [
    (
        "key-x25519-1",
        "X25519",
        "avH0O2Y4tqLAq8y9zpianr8ajii5m4F_mICrzNlatXs",
        None,
    ),
    (
        "key-p256-1",
        "P-256",
        "L0crjMN1g0Ih4sYAJ_nGoHUck2cloltUpUVQDhF2nHE",
        Some("SxYgE7CmEJYi7IDhgK5jI4ZiajO8jPRZDldVhqFpYoo"),
    ),
    (
        "key-p521-1",
        "P-521",
        "AHBEVPRhAv-WHDEvxVM9S0px9WxxwHL641Pemgk9sDdxvli9VpKCBdra5gg_4kupBDhz__AlaBgKOC_15J2Byptz",
        Some(
            "AciGcHJCD_yMikQvlmqpkBbVqqbg93mMVcgvXBYAQPP-u9AF7adybwZrNfHWCKAQwGF9ugd0Zhg7mLMEszIONFRk",
        ),
    ),
];
