//! Invitations: made, listed, taken back, answered.

use std::time::Duration;

use signet_didcomm::protocols::out_of_band::{self, InvitationError};
use signet_protocol::{
    command::{Answer, Command},
    contact::ContactId,
    invitation::{Invitation, InvitationState},
    time::Timestamp,
};
use signet_transport::http::{FetchError, Found};

use crate::{
    Node,
    view::{self, ViewError},
};

/// What a short link of somebody's leads to when it leads nowhere.
const NOTHING_THERE: &str =
    "the link's page does not hold an invitation (it may have been used, or taken back)";

impl Node {
    /// Makes an invitation.
    ///
    /// # Errors
    /// One sentence.
    pub async fn invite(
        &self,
        reusable: bool,
        expires: Option<Duration>,
        note: Option<String>,
    ) -> Result<view::InvitationView, ViewError> {
        let note = note.filter(|note| !note.trim().is_empty());
        match self
            .command(Command::Invite {
                reusable,
                expires,
                note,
            })
            .await?
        {
            Answer::Invitation(invitation) => shown(&invitation, invitation.created),
            Answer::Done | Answer::Contact(_) | Answer::Started(_) | Answer::Mediator(_) => {
                Err(ViewError::new("no invitation was made"))
            }
        }
    }

    /// All invitations of ours, the newest first.
    ///
    /// # Errors
    /// One sentence if the node has stopped.
    pub async fn invitations(&self) -> Result<Vec<view::InvitationView>, ViewError> {
        let mut invitations = self
            .look(|look| look.machine.invitations().cloned().collect::<Vec<_>>())
            .await?;
        invitations.sort_by_key(|invitation| std::cmp::Reverse(invitation.created));
        let now = crate::clock::system();
        invitations
            .iter()
            .map(|invitation| shown(invitation, now))
            .collect()
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// One sentence if it is not open.
    pub async fn revoke(&self, id: &str) -> Result<(), ViewError> {
        self.command(Command::Revoke(id.to_owned())).await.map(drop)
    }

    /// Answers the invitation in a link.
    ///
    /// # Errors
    /// One sentence: no invitation, our own, expired, of another DIDComm.
    pub async fn accept(
        &self,
        link: &str,
        note: Option<String>,
    ) -> Result<view::Contact, ViewError> {
        let invitation = self.read_invitation(link).await?;
        let invitation = invitation.map_err(ViewError::new)?;
        let note = note.filter(|note| !note.trim().is_empty());
        match self
            .command(Command::Accept {
                invitation: Box::new(invitation),
                note,
            })
            .await?
        {
            Answer::Contact(contact) => self.contact(contact).await,
            Answer::Done | Answer::Invitation(_) | Answer::Started(_) | Answer::Mediator(_) => {
                Err(ViewError::new("no contact was made"))
            }
        }
    }

    /// Reads the invitation in a link, or on the page that a short link leads to.
    ///
    /// # Errors
    /// One sentence if the page is not to be had, or holds no invitation.
    pub(crate) async fn read_invitation(
        &self,
        link: &str,
    ) -> Result<Result<out_of_band::Invitation, InvitationError>, ViewError> {
        let url = match out_of_band::Invitation::from_url(link.trim()) {
            Err(InvitationError::Short { url, .. }) => url,
            read => return Ok(read),
        };
        let transport = self.look(|look| look.transport.cloned()).await?;
        let transport = transport.ok_or_else(|| {
            ViewError::new("the invitation is on a page, and Signet is offline by wish")
        })?;
        let found = transport.fetch(&url, |next| next.contains("_oob=")).await;
        let read = match found.map_err(unfound)? {
            Found::Document(json) => out_of_band::Invitation::from_bytes(&json),
            Found::Link(link) => out_of_band::Invitation::from_url(&link),
        };
        match read {
            Ok(_) | Err(InvitationError::DidcommV1) => Ok(read),
            Err(
                InvitationError::Short { .. }
                | InvitationError::Damaged(_)
                | InvitationError::NotAnInvitation,
            ) => Err(ViewError::new(NOTHING_THERE)),
        }
    }

    /// An invitation of ours as it stands.
    ///
    /// # Errors
    /// One sentence if there is none.
    pub(crate) async fn invitation(&self, id: &str) -> Result<view::InvitationView, ViewError> {
        let mut all = self.invitations().await?.into_iter();
        let found = all.find(|invitation| invitation.id == id);
        found.ok_or_else(|| ViewError::new("there is no such invitation"))
    }

    /// Whether an invitation of ours may soon have a shorter link.
    pub(crate) async fn awaits_short_link(&self, id: &str) -> Result<bool, ViewError> {
        let (id, now) = (id.to_owned(), crate::clock::system());
        self.look(move |look| look.transport.is_some() && look.machine.awaits_short_link(&id, now))
            .await
    }

    /// Answers the invitation in a picture.
    ///
    /// # Errors
    /// As [`Node::accept`], and if there is no code in the picture.
    pub async fn accept_picture(
        &self,
        bytes: Vec<u8>,
        note: Option<String>,
    ) -> Result<view::Contact, ViewError> {
        let read = tokio::task::spawn_blocking(move || signet_picture::read(&bytes)).await;
        let link = read.map_err(ViewError::new)?.map_err(ViewError::new)?;
        self.accept(&link, note).await
    }

    /// Answers a request; a refused one is forgotten.
    ///
    /// # Errors
    /// One sentence if nobody asked.
    pub async fn request(&self, contact: ContactId, accept: bool) -> Result<(), ViewError> {
        self.command(Command::Request { contact, accept })
            .await
            .map(drop)
    }
}

fn unfound(error: FetchError) -> ViewError {
    match error {
        FetchError::NotFetched => ViewError::new(
            "the invitation is on a page that is not secured (https), so it is not fetched",
        ),
        FetchError::Away => {
            ViewError::new("the invitation's page does not answer; try again later")
        }
        FetchError::Status(_) | FetchError::Endless => ViewError::new(NOTHING_THERE),
    }
}

fn shown(invitation: &Invitation, now: Timestamp) -> Result<view::InvitationView, ViewError> {
    let expired = invitation.expires.is_some_and(|expires| expires < now);
    let (state, answered_by) = match &invitation.state {
        InvitationState::Used(contact) => ("used", Some(contact.to_string())),
        InvitationState::Revoked => ("revoked", None),
        InvitationState::Open if expired => ("expired", None),
        InvitationState::Open => ("open", None),
    };
    let link = invitation.link(now);
    Ok(view::InvitationView {
        id: invitation.id.clone(),
        url: link.to_owned(),
        svg: signet_picture::svg(link).map_err(ViewError::new)?,
        expires: invitation.expires.map(|expires| expires.0),
        reusable: invitation.reusable,
        note: invitation.note.clone(),
        created: invitation.created.0,
        state: state.to_owned(),
        answered_by,
    })
}
