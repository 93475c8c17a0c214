//! The page of an invitation that is hosted.

use serde_json::json;
use signet_didcomm::out_of_band::Invitation;

use super::{
    agent::Agent,
    server::{Reply, Server},
};

const SHORTEN: &str = "https://didcomm.org/shorten-url/1.0";

fn invitation(agent: &Agent) -> Invitation {
    let mut invitation = Invitation::new("an-invitation", agent.did.clone());
    invitation.goal = Some("<script>alert(1)</script>".into());
    invitation
}

/// The path of the short link to an invitation of the account.
async fn hosted(server: &Server, agent: &Agent) -> String {
    let url = invitation(agent).to_url("signet://invitation");
    let body = json!({"url": url, "requested_validity_seconds": 0, "goal_code": "shorten.oobv2"});
    let answer = server
        .ask(agent, SHORTEN, "request-shortened-url", body)
        .await;
    let short = answer["body"]["shortened_url"].as_str().unwrap();
    let own = format!("http://{}", server.at);
    short.strip_prefix(&own).unwrap().to_owned()
}

async fn with_a_browser(server: &Server, path: &str) -> Reply {
    let head = format!("GET {path} HTTP/1.1\r\nAccept: text/html,*/*;q=0.8\r\n");
    server.say(&head, b"").await
}

fn text(reply: Reply) -> String {
    String::from_utf8(reply.body).unwrap()
}

#[tokio::test]
async fn a_program_gets_the_invitation_and_a_person_a_page_about_it() {
    let server = Server::start(&[]).await;
    let alice = server.account("did:example:alice").await;
    let path = hosted(&server, &alice).await;

    let json = server.get(&path).await;
    assert_eq!(json.status, 200);
    assert!(json.head.contains("content-type: application/json"));
    assert!(json.head.contains("cache-control: no-store"));
    assert!(json.head.contains("access-control-allow-origin: *"));
    assert_eq!(
        Invitation::from_bytes(&json.body).unwrap(),
        invitation(&alice)
    );

    let page = with_a_browser(&server, &path).await;
    assert_eq!(page.status, 200);
    for header in [
        "content-type: text/html",
        "content-security-policy: default-src 'none'",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
    ] {
        assert!(page.head.contains(header), "{}", page.head);
    }
    let page = text(page);
    assert!(page.contains("Somebody invites you to chat"));
    assert!(page.contains(&format!(">http://{}{path}</textarea>", server.at)));
    assert!(page.contains("<svg"));
    assert!(!page.contains("script"));
    let link = page.split("href=\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap();
    assert!(link.starts_with("signet://"));
    assert_eq!(Invitation::from_url(link).unwrap(), invitation(&alice));
}

#[tokio::test]
async fn what_is_taken_back_or_never_was_is_not_there_and_both_look_alike() {
    let server = Server::start(&[]).await;
    let alice = server.account("did:example:alice").await;
    let path = hosted(&server, &alice).await;
    let url = format!("http://{}{path}", server.at);
    let body = json!({"shortened_url": url});
    server
        .ask(&alice, SHORTEN, "invalidate-shortened-url", body)
        .await;
    let paths = [
        path.as_str(),
        "/?_oobid=AAAAAAAAAAAAAAAAAAAAAA",
        "/?_oobid=%3Cscript%3E",
    ];
    for path in paths {
        let gone = server.get(path).await;
        assert_eq!(gone.status, 404);
        let said = text(gone);
        assert!(said.starts_with("This invitation is not here"), "{said}");
        assert_eq!(said.lines().count(), 1);
        let page = with_a_browser(&server, path).await;
        assert_eq!(page.status, 404);
        let page = text(page);
        assert!(page.contains("No invitation") && !page.contains("script"));
    }
}

#[tokio::test]
async fn a_link_that_holds_its_invitation_has_a_page_too_and_nothing_else_has() {
    let server = Server::start(&[]).await;
    let alice = Agent::peer2();
    let url = invitation(&alice).to_url("/");

    let page = text(with_a_browser(&server, &url).await);
    assert!(page.contains("Somebody invites you to chat"));
    assert!(!page.contains("script"));
    let json = server.get(&url).await;
    assert_eq!(
        Invitation::from_bytes(&json.body).unwrap(),
        invitation(&alice)
    );

    for path in ["/?_oob=%3Cscript%3E", "/?_oob=e30", "/?_oob="] {
        let front = with_a_browser(&server, path).await;
        assert_eq!(front.status, 200);
        let front = text(front);
        assert!(front.contains("This is a mediator"));
        assert!(!front.contains("script"));
    }
}

#[tokio::test]
async fn a_page_outlasts_a_power_cut() {
    let server = Server::start(&[]).await;
    let alice = server.account("did:example:alice").await;
    let path = hosted(&server, &alice).await;

    let server = server.kill_and_start().await;

    assert_eq!(server.get(&path).await.status, 200);
}

#[tokio::test]
async fn who_tries_ids_without_end_is_put_off() {
    let server = Server::start(&["--rate", "2"]).await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let path = "/?_oobid=AAAAAAAAAAAAAAAAAAAAAA";
        statuses.push(server.get(path).await.status);
    }

    assert_eq!(statuses[0], 404);
    assert!(statuses.contains(&429), "{statuses:?}");
}
