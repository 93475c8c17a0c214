//! The mediator: an HTTP server on loopback that ends with this value.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::desk::Desk;
use super::dids::Own;
use super::envelope;
use super::make::Make;
use super::store::{Store, uuid};

const ENCRYPTED: &str = "application/didcomm-encrypted+json";

/// A mediator of another make.
pub struct Mediator {
    /// The DID in its invitation.
    pub did: String,
    /// Its invitation.
    pub link: String,
    counter: Arc<Counter>,
    _runtime: Runtime,
}

/// Where envelopes are handed in.
struct Counter {
    own: Vec<Own>,
    desk: Mutex<Desk>,
}

impl Mediator {
    /// Starts one at a port of its own.
    pub fn start(make: Make) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/", listener.local_addr()?);
        let mut own = vec![Own::at(&url, true)];
        if make.routes_by_another_did {
            own.push(Own::at(&url, false));
        }
        let [Some(did), Some(routing)] =
            [own.first(), own.last()].map(|o| o.map(|o| o.did.clone()))
        else {
            unreachable!("it has a DID");
        };
        let invitation = json!({
            "id": uuid(),
            "type": "https://didcomm.org/out-of-band/2.0/invitation",
            "from": did,
            "body": {"goal_code": "request-mediate", "goal": "Mediate", "accept": ["didcomm/v2"]},
        });
        let invitation = BASE64_URL_SAFE_NO_PAD.encode(invitation.to_string());
        let desk = Desk {
            make,
            did: did.clone(),
            routing,
            store: Store::default(),
            dropped: 0,
            complaints: Vec::new(),
        };
        let counter = Arc::new(Counter {
            own,
            desk: Mutex::new(desk),
        });
        let router = Router::new()
            .route("/", post(take))
            .with_state(Arc::clone(&counter));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(listener, router).await
        });
        Ok(Self {
            did,
            link: format!("{url}?_oob={invitation}"),
            counter,
            _runtime: runtime,
        })
    }

    /// Its keys stay, everything else is gone.
    pub fn lose_everything(&self) {
        self.desk().store = Store::default();
    }

    /// So many envelopes wait.
    pub fn waiting(&self) -> usize {
        self.desk().store.waiting_count()
    }

    /// So many DIDs are registered.
    pub fn recipients(&self) -> usize {
        self.desk().store.recipient_count()
    }

    /// So many forwards were for nobody.
    pub fn dropped(&self) -> usize {
        self.desk().dropped
    }

    /// What it could not make sense of.
    pub fn complaints(&self) -> Vec<String> {
        self.desk().complaints.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.counter.desk.lock().expect("nobody panicked with it")
    }
}

/// Takes one envelope; the answer stands in the response.
async fn take(
    State(counter): State<Arc<Counter>>,
    headers: HeaderMap,
    envelope: String,
) -> Response {
    let complain = |complaint: String| {
        let mut desk = counter.desk.lock().expect("nobody panicked with it");
        desk.complaints.push(complaint);
    };
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind != Some(ENCRYPTED) {
        complain(format!("an envelope called {kind:?}"));
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let opened = match envelope::open(&counter.own, &envelope).await {
        Ok(opened) => opened,
        Err(error) => {
            complain(format!("{error:?}"));
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    let (reply, did) = {
        let mut desk = counter.desk.lock().expect("nobody panicked with it");
        (desk.meet(&opened), desk.did.clone())
    };
    let status = StatusCode::from_u16(reply.status).expect("a status");
    let Some(message) = reply.message else {
        return status.into_response();
    };
    let client = opened.sender.unwrap_or_default();
    match envelope::seal(&counter.own, message, &did, &client).await {
        Ok(sealed) => (status, [(CONTENT_TYPE, ENCRYPTED)], sealed).into_response(),
        Err(error) => {
            complain(format!("{error:?}"));
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
