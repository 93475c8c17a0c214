//! The type URIs of both versions.

/// The type URIs of one version, by what 3.0 calls them.
#[derive(Debug)]
pub struct Types {
    /// Asks for mediation.
    pub mediate_request: &'static str,
    /// Refuses it.
    pub mediate_deny: &'static str,
    /// Grants it.
    pub mediate_grant: &'static str,
    /// Adds and removes DIDs.
    pub recipient_update: &'static str,
    /// Says what became of that.
    pub recipient_update_response: &'static str,
    /// Asks for the registered DIDs.
    pub recipient_query: &'static str,
    /// Lists them.
    pub recipient: &'static str,
    /// The member that holds the list.
    pub(super) dids: &'static str,
}

/// The type URIs of 2.0.
pub const V2: Types = Types {
    mediate_request: "https://didcomm.org/coordinate-mediation/2.0/mediate-request",
    mediate_deny: "https://didcomm.org/coordinate-mediation/2.0/mediate-deny",
    mediate_grant: "https://didcomm.org/coordinate-mediation/2.0/mediate-grant",
    recipient_update: "https://didcomm.org/coordinate-mediation/2.0/keylist-update",
    recipient_update_response: "https://didcomm.org/coordinate-mediation/2.0/keylist-update-response",
    recipient_query: "https://didcomm.org/coordinate-mediation/2.0/keylist-query",
    recipient: "https://didcomm.org/coordinate-mediation/2.0/keylist",
    dids: "keys",
};

/// The type URIs of 3.0.
pub const V3: Types = Types {
    mediate_request: "https://didcomm.org/coordinate-mediation/3.0/mediate-request",
    mediate_deny: "https://didcomm.org/coordinate-mediation/3.0/mediate-deny",
    mediate_grant: "https://didcomm.org/coordinate-mediation/3.0/mediate-grant",
    recipient_update: "https://didcomm.org/coordinate-mediation/3.0/recipient-update",
    recipient_update_response: "https://didcomm.org/coordinate-mediation/3.0/recipient-update-response",
    recipient_query: "https://didcomm.org/coordinate-mediation/3.0/recipient-query",
    recipient: "https://didcomm.org/coordinate-mediation/3.0/recipient",
    dids: "dids",
};
