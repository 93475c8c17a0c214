//! In what makes of mediators differ.

/// One make.
#[derive(Clone, Copy)]
pub struct Make {
    pub coordination: Coordination,
    /// It grants with a DID that is not the one in its invitation.
    pub routes_by_another_did: bool,
    pub stranger: Stranger,
}

/// The one version of coordinate-mediation that it speaks, and how it meets the others.
#[derive(Clone, Copy)]
pub enum Coordination {
    /// 3.0; it reports others as a problem.
    V3,
    /// 2.0; likewise.
    V2,
    /// 2.0; it takes others without a word.
    V2Silent,
}

/// How it meets who asks for mail, or to register DIDs, and was not granted mediation.
#[derive(Clone, Copy)]
pub struct Stranger {
    /// The status of the response.
    pub status: u16,
    /// The code of the problem that it reports, if it says more than the status.
    pub code: Option<&'static str>,
}

impl Make {
    /// A modern one.
    pub const NEW: Self = Self {
        coordination: Coordination::V3,
        routes_by_another_did: true,
        stranger: Stranger {
            status: 200,
            code: Some("e.p.req.mediation-not-granted"),
        },
    };
    /// An old one.
    pub const OLD: Self = Self {
        coordination: Coordination::V2,
        routes_by_another_did: false,
        ..Self::NEW
    };
}
