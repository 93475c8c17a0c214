//! What a link leads to.

use crate::{
    end::{End, TCP},
    web::{Server, redirect, status},
};
use signet_transport::http::{FetchError, Found};

fn document(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

async fn fetch(end: &End, server: &Server) -> Result<Found, FetchError> {
    let link = format!("{}?_oobid=1", server.endpoint.uri);
    let is_found = |url: &str| url.contains("_oob=");
    end.transport.fetch(&link, is_found).await
}

#[tokio::test]
async fn a_document_is_got_by_get_and_not_as_a_page() {
    let server = Server::new(vec![document("{}")]).await;
    let alice = End::new(1, TCP).await;

    let found = fetch(&alice, &server).await.unwrap();

    assert_eq!(found, Found::Document(b"{}".to_vec()));
    let seen = server.seen();
    assert!(seen[0].starts_with("GET /?_oobid=1 HTTP/1.1\r\n"));
    assert!(!seen[0].contains("text/html"), "{}", seen[0]);
}

#[tokio::test]
async fn a_redirect_to_what_was_looked_for_ends_there_and_others_are_followed() {
    let long = "signet://invitation?_oob=e30";
    let server = Server::new(vec![
        redirect("302 Found", "/elsewhere"),
        redirect("301 Moved Permanently", long),
    ])
    .await;
    let alice = End::new(1, TCP).await;

    let found = fetch(&alice, &server).await.unwrap();

    assert_eq!(found, Found::Link(long.to_owned()));
    assert!(server.seen()[1].starts_with("GET /elsewhere "));
}

#[tokio::test]
async fn what_is_endless_is_given_up() {
    let alice = End::new(1, TCP).await;
    let large = "x".repeat(64 * 1024 + 1);
    for answer in [document(&large), redirect("302 Found", "/again")] {
        let server = Server::new(vec![answer]).await;
        let refused = fetch(&alice, &server).await;
        assert!(matches!(refused, Err(FetchError::Endless)), "{refused:?}");
        assert!(server.seen().len() <= 4);
    }
}

#[tokio::test]
async fn nothing_there_and_nobody_there_are_told_apart() {
    let alice = End::new(1, TCP).await;
    let server = Server::new(vec![status("404 Not Found")]).await;
    let gone = fetch(&alice, &server).await;
    assert!(matches!(gone, Err(FetchError::Status(404))), "{gone:?}");
    let server = Server::new(vec![status("503 Service Unavailable")]).await;
    let away = fetch(&alice, &server).await;
    assert!(matches!(away, Err(FetchError::Away)), "{away:?}");
    let nobody = alice.transport.fetch("http://127.0.0.1:1/", |_| false);
    let nobody = nobody.await;
    assert!(matches!(nobody, Err(FetchError::Away)), "{nobody:?}");
}

#[tokio::test]
async fn a_redirect_into_the_open_is_not_followed() {
    let alice = End::new(1, TCP).await;
    for location in ["http://9.9.9.9/", "file:///etc/passwd"] {
        let server = Server::new(vec![redirect("302 Found", location)]).await;
        let refused = fetch(&alice, &server).await;
        assert!(
            matches!(refused, Err(FetchError::NotFetched)),
            "{location}: {refused:?}"
        );
        assert_eq!(server.seen().len(), 1);
    }
}
