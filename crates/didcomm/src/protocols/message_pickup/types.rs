//! The type URIs of both versions.

/// The type URIs of one version.
#[derive(Debug)]
pub struct Types {
    /// Asks how much waits.
    pub status_request: &'static str,
    /// Says how much waits.
    pub status: &'static str,
    /// Asks for envelopes.
    pub delivery_request: &'static str,
    /// Brings them.
    pub delivery: &'static str,
    /// Acknowledges them.
    pub messages_received: &'static str,
    /// Turns live delivery on or off.
    pub live_delivery_change: &'static str,
}

/// The type URIs of 3.0.
pub const V3: Types = Types {
    status_request: "https://didcomm.org/messagepickup/3.0/status-request",
    status: "https://didcomm.org/messagepickup/3.0/status",
    delivery_request: "https://didcomm.org/messagepickup/3.0/delivery-request",
    delivery: "https://didcomm.org/messagepickup/3.0/delivery",
    messages_received: "https://didcomm.org/messagepickup/3.0/messages-received",
    live_delivery_change: "https://didcomm.org/messagepickup/3.0/live-delivery-change",
};

/// The type URIs of 4.0.
pub const V4: Types = Types {
    status_request: "https://didcomm.org/message-pickup/4.0/status-request",
    status: "https://didcomm.org/message-pickup/4.0/status",
    delivery_request: "https://didcomm.org/message-pickup/4.0/delivery-request",
    delivery: "https://didcomm.org/message-pickup/4.0/delivery",
    messages_received: "https://didcomm.org/message-pickup/4.0/messages-received",
    live_delivery_change: "https://didcomm.org/message-pickup/4.0/live-delivery-change",
};
