//! Having invitations hosted: a mediator that does it gives a short link, which is shown in place of
//! the long one. One that does not costs nothing but the question.
//!
//! What is hosted is remembered with the invitation, so that the mediator is told when it is over,
//! whatever happens in between. Source: didcomm.org, "shorten-url/1.0".

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use rand_core::CryptoRng;
use signet_didcomm::{
    empty,
    message::Message,
    out_of_band::{self, InvitationError},
    report_problem,
    shorten_url::{self, Request, Shortened},
};

use crate::{
    Messenger,
    change::Change,
    invitation::{Invitation, InvitationState, Page},
    limit,
    mediation::{Mediation, MediationState},
    mediator::limit::HOSTING,
    time::Timestamp,
    turn::Turn,
    visit::What,
};

impl Messenger {
    /// Whether the invitation of this id may yet get a short link from a mediator that is there.
    #[must_use]
    pub fn awaits_short_link(&self, id: &str, now: Timestamp) -> bool {
        let Some(invitation) = self.state.invitations.get(id) else {
            return false;
        };
        let mut mediations = self.state.mediations();
        invitation.page.is_none()
            && is_open(invitation, now)
            && mediations.any(|m| self.is_there(m) && self.may_host(m, invitation, now))
    }

    /// What this mediator is next to be asked of pages.
    pub(super) fn page_due(&self, mediation: &Mediation, now: Timestamp) -> Option<What> {
        if !mediation.serves() {
            return None;
        }
        let here = |invitation: &&Invitation| {
            let page = invitation.page.as_ref();
            page.is_some_and(|page| page.mediator.is_same_as(&mediation.mediator))
        };
        let mut known = self.state.invitations.values().filter(here);
        let is_over = |invitation: &&Invitation| {
            let page = invitation.page.as_ref();
            invitation.state != InvitationState::Open && page.is_some_and(|p| !p.is_over(now))
        };
        if let Some(over) = known.find(is_over) {
            return Some(What::Unhost(over.id.clone()));
        }
        let wants = |invitation: &&Invitation| match &invitation.page {
            Some(page) => {
                page.mediator.is_same_as(&mediation.mediator)
                    && page.renew.is_some_and(|renew| renew <= now)
            }
            None => self.is_turn_of(mediation, invitation, now),
        };
        let all = self.state.invitations.values();
        let open = all.filter(|i| is_open(i, now) && self.may_host(mediation, i, now));
        // Somebody may be looking at the newest.
        let next = open.filter(wants).max_by_key(|i| i.created);
        next.map(|invitation| What::Host(invitation.id.clone()))
    }

    /// Those whom the person put first are asked first.
    fn is_turn_of(&self, mediation: &Mediation, invitation: &Invitation, now: Timestamp) -> bool {
        let mut before = self.state.mediations();
        let mut before = before.by_ref().take_while(|m| m.place < mediation.place);
        before.all(|m| !self.is_there(m) || !self.may_host(m, invitation, now))
    }

    fn is_there(&self, mediation: &Mediation) -> bool {
        let visit = self.visits.0.get(&mediation.mediator.short());
        visit.is_some_and(|visit| visit.failures == 0)
    }

    /// Only a mediator that the invitation names is told of it.
    fn may_host(&self, mediation: &Mediation, invitation: &Invitation, now: Timestamp) -> bool {
        let mediator = mediation.mediator.short();
        let identity = self.state.identities.get(&invitation.did.short());
        let visit = self.visits.0.get(&mediator);
        mediation.state == MediationState::Granted
            && !visit.is_some_and(|visit| visit.page_refused.contains(&invitation.id))
            && mediation.endpoint().is_some()
            && mediation.hosts_from.is_none_or(|from| from <= now)
            && identity.is_some_and(|identity| identity.via.contains(&mediator))
    }

    /// The words of a question of pages.
    pub(super) fn page_request(&self, what: &What, now: Timestamp) -> Option<Request> {
        match what {
            What::Host(id) => {
                let invitation = self.state.invitations.get(id)?;
                let seconds = |expires: Timestamp| expires.since(now).min(HOSTING).as_secs().max(1);
                let seconds = invitation.expires.map_or(0, seconds);
                Some(Request::host(&invitation.url, seconds))
            }
            What::Unhost(id) => {
                let page = self.state.invitations.get(id)?.page.as_ref()?;
                Some(Request::Invalidate(Some(page.url.clone())))
            }
            What::Mediate | What::Update(_) | What::Fetch | What::Received(_) => None,
        }
    }

    /// Whether this is a short link as we show it: to a page of the web, or of this mediator's.
    fn is_short_link(&self, mediation: &Mediation, url: &str) -> bool {
        let document = self.document(&mediation.mediator).ok();
        let mut own = document.iter().flat_map(|document| document.endpoints());
        let is_there = url.starts_with("https://")
            || (is_near(url) && own.any(|endpoint| is_at(url, endpoint.uri.as_str())));
        let read = out_of_band::Invitation::from_url(url);
        url.len() <= limit::SHORT_LINK
            && url.bytes().all(|byte| byte.is_ascii_graphic())
            && is_there
            && matches!(read, Err(InvitationError::Short { .. }))
    }
}

impl<R: CryptoRng> Turn<'_, R> {
    /// A mediator wrote; yields whether it spoke of pages, which is then dealt with.
    pub(super) fn hears_of_page(&mut self, mediation: &Mediation, message: &Message) -> bool {
        let visit = self.machine.visits.0.get(&mediation.mediator.short());
        let Some(asked) = visit.and_then(|visit| visit.asked.as_ref()) else {
            return false;
        };
        let what = asked.what.clone();
        let is_about = |id: &String| id.eq_ignore_ascii_case(&asked.id);
        let (id, page) = match &what {
            What::Host(id) => match shorten_url::read_shortened(message) {
                Some(shortened) => (id, Some(shortened)),
                None => (id, None),
            },
            What::Unhost(id) => (id, None),
            What::Mediate | What::Update(_) | What::Fetch | What::Received(_) => return false,
        };
        let is_problem = report_problem::is(message)
            && (message.pthid.as_ref().is_some_and(is_about)
                || message.thid.as_ref().is_some_and(is_about));
        let is_over = empty::is(message)
            && matches!(what, What::Unhost(_))
            && (message.ack.iter().any(is_about) || message.thid.as_ref().is_some_and(is_about));
        if page.is_none() && !is_problem && !is_over {
            return false;
        }
        let now = self.now;
        match self.machine.visits.0.get_mut(&mediation.mediator.short()) {
            Some(visit) if page.is_none() => {
                visit.asked = None;
                visit.works(now);
                visit.page_silences = 0;
            }
            Some(_) | None => match self.visit_answered(mediation, message) {
                Some(visit) => visit.page_silences = 0,
                None => return false,
            },
        }
        let page = page.and_then(|shortened| self.page_of(mediation, id, shortened));
        match (&what, page) {
            (What::Host(id), Some(page)) => self.set_page(id, Some(page)),
            (What::Host(id), None) if is_of_one(message) => self.refuses(mediation, id),
            (What::Host(_), None) => {
                let day = self.now.after(limit::NO_PAGES);
                self.hosts_from(mediation, Some(day));
            }
            (_, _) => {
                self.set_page(id, None);
                // There is room again.
                self.hosts_from(mediation, None);
            }
        }
        true
    }

    /// There is nothing to ask after all.
    pub(super) fn asks_nothing_of_pages(&mut self, mediation: &Mediation) {
        let now = self.now;
        if let Some(visit) = self.machine.visits.0.get_mut(&mediation.mediator.short()) {
            visit.says_nothing_of_pages(now);
        }
    }

    fn page_of(&self, mediation: &Mediation, id: &str, shortened: Shortened) -> Option<Page> {
        let url = shortened.shortened_url;
        if !self.machine.is_short_link(mediation, &url) {
            return None;
        }
        let invitation = self.machine.state.invitations.get(id)?;
        let expires = shortened.expires_time;
        let expires = expires.map(|seconds| Timestamp(seconds.saturating_mul(1000)));
        // A second may be lost to rounding.
        let ends_early = |expires: &Timestamp| {
            let outlives = |end: Timestamp| end.since(*expires) > Duration::from_secs(60);
            invitation.expires.is_none_or(outlives)
        };
        // One that means to give it for moments only is not asked without pause.
        let half = |expires: Timestamp| {
            let half = expires.since(self.now) / 2;
            self.now.after(half.max(limit::RENEW))
        };
        Some(Page {
            mediator: mediation.mediator.short(),
            url,
            expires,
            renew: expires.filter(ends_early).map(half),
        })
    }

    fn set_page(&mut self, id: &str, page: Option<Page>) {
        let known = self.machine.state.invitations.get(id);
        if let Some(invitation) = known.filter(|known| known.page != page).cloned() {
            self.remember(Change::Invitation(Invitation { page, ..invitation }));
        }
    }

    /// When it is asked again to host invitations, also after a restart.
    fn hosts_from(&mut self, mediation: &Mediation, hosts_from: Option<Timestamp>) {
        if mediation.hosts_from != hosts_from {
            self.remember(Change::Mediation(Box::new(Mediation {
                hosts_from,
                ..mediation.clone()
            })));
        }
    }

    fn refuses(&mut self, mediation: &Mediation, id: &str) {
        if let Some(visit) = self.machine.visits.0.get_mut(&mediation.mediator.short()) {
            visit.page_refused.insert(id.to_owned());
        }
    }

    /// A mediator hosts these no more.
    pub(super) fn forget_pages(
        &mut self,
        mediation: &Mediation,
        which: impl Fn(&Invitation) -> bool,
    ) {
        let is_here = |page: &Page| page.mediator.is_same_as(&mediation.mediator);
        let all = self.machine.state.invitations.values();
        let here = all.filter(|i| i.page.as_ref().is_some_and(is_here) && which(i));
        let here: Vec<String> = here.map(|invitation| invitation.id.clone()).collect();
        here.iter().for_each(|id| self.set_page(id, None));
    }
}

/// Whether a problem is one of this invitation, such as its end by another clock, and not of all.
fn is_of_one(message: &Message) -> bool {
    let problem = report_problem::read(message);
    problem.is_some_and(|problem| {
        let code = problem.code.replace('-', "_");
        code.ends_with("invalid_url") || code.ends_with("validity_too_long")
    })
}

fn is_open(invitation: &Invitation, now: Timestamp) -> bool {
    let is_over = invitation.expires.is_some_and(|expires| expires <= now);
    invitation.state == InvitationState::Open && !is_over
}

/// Whether a URL is of the same place as this endpoint of the web.
fn is_at(url: &str, endpoint: &str) -> bool {
    place(url).is_some() && place(url) == place(endpoint)
}

/// Whether a URL leads to this machine or the network around it, by its address: from there, a page is
/// read without https too.
fn is_near(url: &str) -> bool {
    let Some((_, host)) = place(url) else {
        return false;
    };
    let ip = match host.parse::<SocketAddr>() {
        Ok(socket) => Some(socket.ip()),
        Err(_) => host.trim_matches(['[', ']']).parse().ok(),
    };
    match ip {
        Some(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Some(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        None => false,
    }
}

/// Scheme, and host with its port.
fn place(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..end)?.to_ascii_lowercase();
    matches!(scheme, "http" | "https").then(|| (scheme.to_owned(), host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_at_an_endpoint_of_the_same_scheme_host_and_port() {
        let here = "http://mail.example:8080/didcomm";
        assert!(is_at("http://MAIL.example:8080/?_oobid=1", here));
        assert!(is_at("http://mail.example:8080?_oobid=1", here));
        for url in [
            "http://mail.example/?_oobid=1",
            "https://mail.example:8080/?_oobid=1",
            "http://mail.example:8080@evil.example/?_oobid=1",
            "http://mail.example:8080.evil.example/?_oobid=1",
            "mail.example:8080/?_oobid=1",
        ] {
            assert!(!is_at(url, here), "{url}");
        }
        assert!(!is_at("ws://mail.example/", "ws://mail.example/"));
    }

    #[test]
    fn a_url_is_near_if_its_address_is_of_this_machine_or_its_network() {
        for url in [
            "http://127.0.0.1:8080/?_oobid=1",
            "http://192.168.1.7?_oobid=1",
            "http://[fd00::7]:80/",
            "http://[::1]/",
        ] {
            assert!(is_near(url), "{url}");
        }
        for url in [
            "http://198.51.100.7/?_oobid=1",
            "http://mail.example/",
            "http://[2001:db8::1]/",
            "http://127.0.0.1@evil.example/",
            "127.0.0.1",
        ] {
            assert!(!is_near(url), "{url}");
        }
    }
}
