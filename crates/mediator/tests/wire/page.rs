//! What a person sees, and what whoever runs it is told.

use super::server::{PATIENCE, Server, command};
use signet_didcomm::out_of_band::Invitation;

#[tokio::test]
async fn it_says_who_it_is_and_shows_it_on_its_page() {
    let server = Server::start(&["--name", "Ours & yours"]).await;
    let invitation = Invitation::from_url(&server.link).unwrap();
    assert_eq!(&invitation.from, server.did());
    let url = format!("http://{}/", server.at);
    assert!(server.link.starts_with(&url));
    let uris: Vec<&str> = server
        .mediator
        .endpoints()
        .map(|e| e.uri.as_str())
        .collect();
    assert_eq!(uris, [url.as_str(), &url.replacen("http", "ws", 1)]);

    let query = server.link.strip_prefix(&url).unwrap();
    for path in ["/".to_owned(), format!("/{query}")] {
        let page = server.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.head.contains("content-type: text/html"));
        assert!(
            page.head
                .contains("content-security-policy: default-src 'none'")
        );
        let text = String::from_utf8(page.body).unwrap();
        assert!(text.contains("<h1>Ours &amp; yours</h1>"));
        assert!(text.contains(&server.link));
    }

    assert_eq!(server.get("/health").await.status, 200);
    let metrics = server.get("/metrics").await;
    assert!(metrics.head.contains("content-type: text/plain"));
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(!text.contains("did:"), "{text}");
}

#[tokio::test]
async fn who_serves_the_invited_only_shows_no_link() {
    let server = Server::start(&["--invite-only"]).await;

    let page = String::from_utf8(server.get("/").await.body).unwrap();

    assert!(!page.contains("_oob"));
    assert!(!page.contains(server.did().as_str()));
    assert!(page.contains("ask whoever runs it"));
}

#[tokio::test]
async fn who_it_is_stays_and_another_address_is_refused_with_a_sentence() {
    let server = Server::start(&[]).await;
    let did = server.did().clone();
    let at = server.at;
    let mut server = server.kill_and_start().await;
    assert_eq!(server.did(), &did);
    server.child.kill().await.unwrap();

    let moved = command(server.dir.path(), at)
        .args(["--public-url", "https://mail.example.org"])
        .stderr(std::process::Stdio::piped())
        .output();
    let moved = tokio::time::timeout(PATIENCE, moved)
        .await
        .unwrap()
        .unwrap();

    assert_eq!(moved.status.code(), Some(1));
    assert!(moved.stdout.is_empty());
    let said = String::from_utf8(moved.stderr).unwrap();
    assert!(said.contains(&format!("known as http://{at}/")), "{said}");
    assert!(said.contains("says https://mail.example.org/"), "{said}");
}

#[tokio::test]
async fn a_folder_in_use_is_refused_with_a_sentence() {
    let server = Server::start(&[]).await;
    let elsewhere = ([127, 0, 0, 1], 0).into();

    let second = command(server.dir.path(), elsewhere)
        .stderr(std::process::Stdio::piped())
        .output();
    let second = tokio::time::timeout(PATIENCE, second)
        .await
        .unwrap()
        .unwrap();

    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another process has it open"), "{said}");
    assert_eq!(server.get("/health").await.status, 200);
}
