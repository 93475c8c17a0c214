//! HTTP both ways, and the way from a libp2p endpoint to an HTTP one.

use crate::{
    end::{End, PATIENCE, TCP, attempt, config, config_with_http},
    web::{Server, redirect, status},
};
use signet_transport::{
    Answer, Attempt, Config, Endpoint, Forward, MAX_ENVELOPE, Outcome, Reach, StartError, Via,
    http, start,
};
use tokio::{net::TcpListener, time::timeout};

#[tokio::test]
async fn any_success_is_custody_and_the_request_is_as_the_specification_wants() {
    for line in ["200 OK", "202 Accepted", "204 No Content"] {
        let server = Server::new(vec![status(line)]).await;
        let mut alice = End::new(1, TCP).await;

        alice.deliver(
            1,
            *b"{\"an\":\"envelope\"}",
            std::slice::from_ref(&server.endpoint),
        );

        assert_eq!(alice.outcome(1).await, Outcome::Stored(Via::Http), "{line}");
        let seen = server.seen();
        assert_eq!(seen.len(), 1);
        assert!(seen[0].starts_with("POST / HTTP/1.1\r\n"), "{}", seen[0]);
        assert!(seen[0].contains("\r\ncontent-type: application/didcomm-encrypted+json\r\n"));
        assert!(seen[0].ends_with("\r\n\r\n{\"an\":\"envelope\"}"));
    }
}

#[tokio::test]
async fn each_status_means_what_it_means() {
    for (line, outcome) in [
        ("400 Bad Request", Some(Outcome::No)),
        ("413 Payload Too Large", Some(Outcome::No)),
        ("415 Unsupported Media Type", Some(Outcome::No)),
        ("429 Too Many Requests", Some(Outcome::Later)),
        ("500 Internal Server Error", Some(Outcome::Later)),
        ("503 Service Unavailable", Some(Outcome::Later)),
        ("404 Not Found", None),
        ("410 Gone", None),
    ] {
        let server = Server::new(vec![status(line)]).await;
        let mut alice = End::new(1, TCP).await;

        alice.deliver(1, *b"{}", std::slice::from_ref(&server.endpoint));

        match outcome {
            Some(outcome) => assert_eq!(alice.outcome(1).await, outcome, "{line}"),
            None => assert!(alice.unreachable(1).await.contains(&line[..3])),
        }
    }
}

#[tokio::test]
async fn a_307_is_followed_with_the_same_body() {
    let target = Server::new(vec![status("202 Accepted")]).await;
    let there = format!("{}inbox", target.endpoint.uri);
    let server = Server::new(vec![redirect("307 Temporary Redirect", &there)]).await;
    let mut alice = End::new(1, TCP).await;

    alice.deliver(
        1,
        *b"{\"an\":\"envelope\"}",
        std::slice::from_ref(&server.endpoint),
    );

    assert_eq!(alice.outcome(1).await, Outcome::Stored(Via::Http));
    let seen = target.seen();
    assert!(
        seen[0].starts_with("POST /inbox HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
    assert!(seen[0].contains("\r\ncontent-type: application/didcomm-encrypted+json\r\n"));
    assert!(seen[0].ends_with("\r\n\r\n{\"an\":\"envelope\"}"));
}

#[tokio::test]
async fn no_other_redirect_is_followed() {
    for line in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "308 Permanent Redirect",
    ] {
        let target = Server::new(vec![status("202 Accepted")]).await;
        let server = Server::new(vec![redirect(line, &target.endpoint.uri)]).await;
        let mut alice = End::new(1, TCP).await;

        alice.deliver(1, *b"{}", std::slice::from_ref(&server.endpoint));

        assert!(alice.unreachable(1).await.contains(&line[..3]), "{line}");
        assert!(target.seen().is_empty());
    }
}

#[tokio::test]
async fn a_circle_of_redirects_is_left() {
    let server = Server::new(vec![redirect("307 Temporary Redirect", "/again")]).await;
    let mut alice = End::new(1, TCP).await;

    alice.deliver(1, *b"{}", std::slice::from_ref(&server.endpoint));

    assert!(alice.unreachable(1).await.contains("307"));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn an_envelope_in_the_response_is_taken_in() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/didcomm-encrypted+json\r\n\
                  content-length: 5\r\nconnection: close\r\n\r\nreply";
    let server = Server::new(vec![answer.to_owned()]).await;
    let mut alice = End::new(1, TCP).await;

    alice.deliver(1, *b"{}", std::slice::from_ref(&server.endpoint));

    assert_eq!(alice.outcome(1).await, Outcome::Stored(Via::Http));
    let (inbound, bytes, via) = alice.envelope().await;
    assert_eq!((bytes.as_slice(), via), (&b"reply"[..], Via::Http));
    alice.transport.answer(inbound, Answer::Stored);
}

#[tokio::test]
async fn where_an_envelope_is_expected_with_the_response_its_absence_is_told() {
    let envelope = "HTTP/1.1 200 OK\r\ncontent-type: application/didcomm-encrypted+json\r\n\
                    content-length: 2\r\nconnection: close\r\n\r\n{}";
    for (answer, outcome) in [
        (envelope.to_owned(), Outcome::Stored(Via::Http)),
        (status("202 Accepted"), Outcome::Silent),
        (status("400 Bad Request"), Outcome::No),
    ] {
        let server = Server::new(vec![answer]).await;
        let mut alice = End::new(1, TCP).await;

        alice.transport.deliver(Attempt {
            wants_answer: true,
            ..attempt(1, *b"{}", std::slice::from_ref(&server.endpoint))
        });

        assert_eq!(alice.outcome(1).await, outcome);
    }
}

#[tokio::test]
async fn only_one_endpoint_takes_custody() {
    let mut alice = End::new(1, TCP).await;
    let mut bob = End::with(config_with_http(2)).await;
    let server = Server::new(vec![status("202 Accepted")]).await;

    alice.deliver(1, *b"{}", &[server.endpoint.clone(), bob.endpoint()]);
    bob.take(Answer::Stored).await;
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));

    alice.deliver(2, *b"{}", &[server.endpoint.clone(), bob.endpoint()]);
    bob.take(Answer::No).await;
    assert_eq!(alice.outcome(2).await, Outcome::No);
    assert!(server.seen().is_empty());

    // Who puts us off has not taken it, so the next may.
    alice.deliver(3, *b"{}", &[server.endpoint.clone(), bob.endpoint()]);
    bob.take(Answer::Later).await;
    assert_eq!(alice.outcome(3).await, Outcome::Stored(Via::Http));
}

#[tokio::test]
async fn where_the_direct_way_is_closed_the_next_endpoint_is_used() {
    let mut alice = End::new(1, TCP).await;
    let bob = End::new(2, TCP).await;
    let gone = bob.endpoint();
    bob.transport.stop().await;
    let closed = Server::new(vec![status("503 Service Unavailable")]).await;
    let open = Server::new(vec![status("202 Accepted")]).await;

    let endpoints = [gone, closed.endpoint.clone(), open.endpoint.clone()];
    for id in 1..=2 {
        alice.deliver(id, *b"{}", &endpoints);
        assert_eq!(alice.outcome(id).await, Outcome::Stored(Via::Http));
    }
    assert_eq!((closed.seen().len(), open.seen().len()), (2, 2));

    alice.deliver(3, *b"{}", &endpoints[..2]);
    assert_eq!(alice.outcome(3).await, Outcome::Later);
}

#[tokio::test]
async fn the_careful_post_to_no_near_address_whatever_its_name() {
    let mut alice = End::with(Config {
        loopback: false,
        ..config(1, TCP)
    })
    .await;
    let server = Server::new(vec![status("202 Accepted")]).await;
    let port = server.endpoint.uri.rsplit(':').next().unwrap().to_owned();
    for (id, host) in (1..).zip(["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"]) {
        let endpoint = Endpoint {
            uri: format!("http://{host}:{port}"),
            multi_addrs: Vec::new(),
        };
        let attempt = Attempt {
            reach: Reach::Careful,
            ..attempt(id, *b"{}", &[endpoint])
        };
        alice.transport.deliver(attempt);
        assert!(
            alice.unreachable(id).await.contains("own network"),
            "{host}"
        );
    }
    assert!(server.seen().is_empty());

    alice.deliver(9, *b"{}", std::slice::from_ref(&server.endpoint));
    assert_eq!(alice.outcome(9).await, Outcome::Stored(Via::Http));
}

#[tokio::test]
async fn who_lives_on_loopback_himself_may_answer_strangers_there() {
    let mut alice = End::with(Config {
        loopback: false,
        ..config_with_http(1)
    })
    .await;
    let server = Server::new(vec![status("202 Accepted")]).await;
    let to = std::slice::from_ref(&server.endpoint);

    alice.transport.deliver(Attempt {
        reach: Reach::Careful,
        ..attempt(1, *b"{}", to)
    });

    assert_eq!(alice.outcome(1).await, Outcome::Stored(Via::Http));
}

#[tokio::test]
async fn what_nobody_takes_goes_wrapped_to_the_mediator() {
    let mut alice = End::new(1, TCP).await;
    let away = Server::new(vec![status("503 Service Unavailable")]).await;
    let mediator = Server::new(vec![status("202 Accepted")]).await;
    let forward = |uri: &str, envelope: &[u8]| Forward {
        uri: uri.to_owned(),
        envelope: envelope.into(),
    };

    alice.transport.deliver(Attempt {
        forwards: vec![
            forward("https-but-not-quite", b"{}"),
            forward(&away.endpoint.uri, &vec![b' '; MAX_ENVELOPE + 1]),
            forward(&mediator.endpoint.uri, b"wrapped"),
        ],
        ..attempt(1, *b"plain", std::slice::from_ref(&away.endpoint))
    });

    assert_eq!(alice.outcome(1).await, Outcome::Stored(Via::Mediator));
    assert!(away.seen()[0].ends_with("\r\n\r\nplain"));
    assert_eq!(away.seen().len(), 1);
    assert!(mediator.seen()[0].ends_with("\r\n\r\nwrapped"));
}

#[tokio::test]
async fn envelopes_go_from_one_end_to_the_other_over_http() {
    let mut alice = End::new(1, TCP).await;
    let mut bob = End::with(config_with_http(2)).await;
    for (id, answer, outcome) in [
        (1, Answer::Stored, Outcome::Stored(Via::Http)),
        (2, Answer::Later, Outcome::Later),
        (3, Answer::No, Outcome::No),
    ] {
        alice.deliver(id, *b"{\"by\":\"post\"}", &[bob.http()]);
        let (inbound, bytes, via) = bob.envelope().await;
        assert_eq!(
            (bytes.as_slice(), via),
            (&b"{\"by\":\"post\"}"[..], Via::Http)
        );
        bob.transport.answer(inbound, answer);
        assert_eq!(alice.outcome(id).await, outcome);
    }
}

#[tokio::test]
async fn a_hundred_posts_all_arrive() {
    let mut alice = End::new(1, TCP).await;
    let mut bob = End::with(config_with_http(2)).await;
    for id in 0..100u64 {
        alice.deliver(id, id.to_string().into_bytes(), &[bob.http()]);
    }

    let mut arrived = Vec::new();
    for _ in 0..100 {
        let bytes = bob.take(Answer::Stored).await;
        arrived.push(String::from_utf8(bytes).unwrap().parse::<u64>().unwrap());
    }
    arrived.sort_unstable();
    assert_eq!(arrived, (0..100).collect::<Vec<_>>());
    for id in 0..100 {
        assert_eq!(alice.outcome(id).await, Outcome::Stored(Via::Http));
    }
}

#[tokio::test]
async fn a_public_url_is_told_as_it_is_and_a_taken_port_is_an_error() {
    let bob = End::with(config_with_http(2)).await;
    let taken = bob.http().uri;
    let listen = taken
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .parse()
        .unwrap();
    let public_url = Some("https://example.org/didcomm".to_owned());

    let http = Some(http::Config {
        listen,
        public_url: public_url.clone(),
    });
    let refused = start(Config {
        http,
        ..config(1, TCP)
    })
    .await;
    assert!(matches!(refused, Err(StartError::Http(at, _)) if at == listen));

    let listen = "127.0.0.1:0".parse().unwrap();
    let http = Some(http::Config {
        listen,
        public_url: public_url.clone(),
    });
    let carol = End::with(Config {
        http,
        ..config(3, TCP)
    })
    .await;
    assert_eq!(carol.transport.reachable().http, public_url);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let mut alice = End::new(1, TCP).await;

    alice.deliver(
        1,
        *b"{}",
        &[Endpoint {
            uri,
            multi_addrs: Vec::new(),
        }],
    );

    let reason = timeout(PATIENCE, alice.unreachable(1)).await.unwrap();
    assert!(reason.contains("cannot be reached"), "{reason}");
}
