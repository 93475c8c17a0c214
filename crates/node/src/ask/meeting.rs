//! Invitations: made, listed, taken back, answered.

use std::time::Duration;

use signet_didcomm::protocols::out_of_band::{self, InvitationError};
use signet_protocol::{
    command::{Answer, Command},
    contact::ContactId,
    invitation::{Invitation, InvitationState},
    time::Timestamp,
};

use crate::{
    Node,
    view::{self, ViewError},
};

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
        let invitation =
            out_of_band::Invitation::from_url(link.trim()).map_err(|error| refusal(&error))?;
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

fn refusal(error: &InvitationError) -> ViewError {
    ViewError::new(error)
}

fn shown(invitation: &Invitation, now: Timestamp) -> Result<view::InvitationView, ViewError> {
    let expired = invitation.expires.is_some_and(|expires| expires < now);
    let (state, answered_by) = match &invitation.state {
        InvitationState::Used(contact) => ("used", Some(contact.to_string())),
        InvitationState::Revoked => ("revoked", None),
        InvitationState::Open if expired => ("expired", None),
        InvitationState::Open => ("open", None),
    };
    Ok(view::InvitationView {
        id: invitation.id.clone(),
        url: invitation.url.clone(),
        svg: signet_picture::svg(&invitation.url).map_err(ViewError::new)?,
        expires: invitation.expires.map(|expires| expires.0),
        reusable: invitation.reusable,
        note: invitation.note.clone(),
        created: invitation.created.0,
        state: state.to_owned(),
        answered_by,
    })
}
