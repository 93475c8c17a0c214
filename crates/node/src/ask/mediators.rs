//! Mediators: added, listed, swapped, left.

use signet_didcomm::{
    did::Did,
    document,
    protocols::out_of_band::{self, InvitationError},
};
use signet_protocol::{
    MediatorNews, Messenger,
    command::{Answer, Command},
    contact::ContactId,
    mediation::{Mediation, MediationState},
};

use super::called;
use crate::{
    Node,
    view::{self, ViewError},
};

/// Names told of those who still write by a mediator that our DIDs do not name any more.
const BEHIND: usize = 3;

impl Node {
    /// Asks a mediator to keep our mail; one that was asked before is asked again. `place` is its
    /// link or DID, `replaces` the one that is left once this one serves us.
    ///
    /// # Errors
    /// One sentence: no mediator, unreadable, or too many.
    pub async fn add_mediator(
        &self,
        place: &str,
        replaces: Option<&str>,
    ) -> Result<view::Mediator, ViewError> {
        let place = place.trim();
        let invitation = match Did::parse(place) {
            Ok(did) => out_of_band::Invitation::new("", did),
            Err(_) => {
                let read = self.read_invitation(place).await?;
                read.map_err(|error| refusal(&error))?
            }
        };
        let replaces = match replaces {
            Some(old) => Some(self.mediator_named(old).await?.did),
            None => None,
        };
        let replaces = replaces.as_deref().map(Did::parse).transpose();
        let command = Command::AddMediator {
            invitation: Box::new(invitation),
            replaces: replaces.map_err(ViewError::new)?,
        };
        match self.command(command).await? {
            Answer::Mediator(did) => self.mediator(did.as_str()).await,
            Answer::Done | Answer::Invitation(_) | Answer::Contact(_) | Answer::Started(_) => {
                Err(ViewError::new("no mediator was asked"))
            }
        }
    }

    /// Asks the mediator whose link is in a picture.
    ///
    /// # Errors
    /// As [`Node::add_mediator`], and if there is no code in the picture.
    pub async fn add_mediator_in_picture(
        &self,
        bytes: Vec<u8>,
    ) -> Result<view::Mediator, ViewError> {
        let read = tokio::task::spawn_blocking(move || signet_picture::read(&bytes)).await;
        let link = read.map_err(ViewError::new)?.map_err(ViewError::new)?;
        self.add_mediator(&link, None).await
    }

    /// All mediators, in the person's order.
    ///
    /// # Errors
    /// One sentence if the node has stopped.
    pub async fn mediators(&self) -> Result<Vec<view::Mediator>, ViewError> {
        self.look(|look| {
            let machine = look.machine;
            let shown = |mediation: &Mediation| {
                let news = machine.mediator_news(&mediation.mediator);
                let behind = match mediation.is_given_up() {
                    true => named(machine, &news.contacts),
                    false => Vec::new(),
                };
                shown(mediation, &news, behind)
            };
            machine.mediations().map(shown).collect()
        })
        .await
    }

    /// Leaves a mediator, by its DID or address: contacts are told of other ways, and it goes when
    /// nobody writes by it any more. One that is being left already goes at once. Yields it as it
    /// stands then; `None` if it is gone.
    ///
    /// # Errors
    /// One sentence if there is none.
    pub async fn remove_mediator(&self, name: &str) -> Result<Option<view::Mediator>, ViewError> {
        let name = self.mediator_named(name).await?.did;
        let did = Did::parse(&name).map_err(ViewError::new)?;
        self.command(Command::RemoveMediator(did)).await?;
        let mut left = self.mediators().await?.into_iter();
        Ok(left.find(|mediator| mediator.did == name))
    }

    /// The mediator of this DID.
    ///
    /// # Errors
    /// One sentence if there is none.
    pub async fn mediator(&self, did: &str) -> Result<view::Mediator, ViewError> {
        let mut mediators = self.mediators().await?.into_iter();
        let found = mediators.find(|mediator| mediator.did == did);
        found.ok_or_else(|| ViewError::new("there is no such mediator"))
    }

    /// The mediator of this DID or address.
    async fn mediator_named(&self, name: &str) -> Result<view::Mediator, ViewError> {
        let name = name.trim();
        let address = name.trim_end_matches('/');
        let mut mediators = self.mediators().await?.into_iter();
        let found = mediators.find(|mediator| {
            let url = mediator.url.trim_end_matches('/');
            let bare = url.split_once("://").map_or(url, |(_, bare)| bare);
            mediator.did == name || url == address || bare == address
        });
        found.ok_or_else(|| ViewError::new("there is no such mediator"))
    }
}

fn refusal(error: &InvitationError) -> ViewError {
    match error {
        InvitationError::NotAnInvitation => {
            ViewError::new("this is neither a mediator's link nor a DID")
        }
        InvitationError::DidcommV1
        | InvitationError::Short { .. }
        | InvitationError::Damaged(_) => ViewError::new(error),
    }
}

/// The first names of these contacts, in the order of the alphabet.
fn named(machine: &Messenger, contacts: &[ContactId]) -> Vec<String> {
    let known = contacts.iter().filter_map(|id| machine.contact(*id));
    let mut names: Vec<String> = known.map(called).collect();
    names.sort_by_key(|name| name.to_lowercase());
    names.truncate(BEHIND);
    names
}

fn shown(mediation: &Mediation, news: &MediatorNews, behind: Vec<String>) -> view::Mediator {
    let is_failing = news.failures > 0;
    let state = match mediation.state {
        MediationState::Asking if is_failing => "not answering",
        MediationState::Asking => "asking",
        MediationState::Granted if mediation.away => "away",
        MediationState::Granted if news.failures > 2 => "not answering",
        MediationState::Granted => "granted",
        MediationState::Refused => "refused",
        MediationState::Leaving if news.contacts.is_empty() && news.waiting == Some(0) => "empty",
        MediationState::Leaving => "leaving",
    };
    let document = document::resolve(&mediation.mediator).ok();
    let url = document.and_then(|document| {
        let mut endpoints = document.endpoints();
        let web = endpoints.find(|endpoint| endpoint.uri.starts_with("http"));
        web.map(|endpoint| endpoint.uri.clone())
    });
    view::Mediator {
        did: mediation.mediator.to_string(),
        url: url.unwrap_or_default(),
        state: state.to_owned(),
        waiting: news.waiting,
        contacts: u32::try_from(news.contacts.len()).unwrap_or(u32::MAX),
        behind,
        registered: u32::try_from(news.registered).unwrap_or(u32::MAX),
        heard: news.heard.map(|heard| heard.0),
    }
}
