//! https with a certificate of its own.

use std::{fs, process::Stdio, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore},
};

use crate::server::{PATIENCE, Server, command, say};

/// A fresh certificate for this machine, written to files of this name.
struct Papers {
    folder: tempfile::TempDir,
    certificate: CertificateDer<'static>,
}

impl Papers {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, key_pair } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), key_pair.serialize_pem()).unwrap();
        let certificate = cert.der().clone();
        Self {
            folder,
            certificate,
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A connection to a server that has this certificate and its key.
    async fn connect(&self, server: &Server) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(server.at).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.unwrap()
    }
}

async fn start(papers: &Papers) -> Server {
    let (cert, key) = (papers.path("cert.pem"), papers.path("key.pem"));
    Server::start(&["--tls-cert", &cert, "--tls-key", &key]).await
}

#[tokio::test]
async fn with_a_certificate_it_speaks_https_and_names_that_in_its_did() {
    let papers = Papers::new();
    let server = start(&papers).await;

    let uris: Vec<&str> = server
        .mediator
        .endpoints()
        .map(|at| at.uri.as_str())
        .collect();
    let at = server.at;
    assert_eq!(uris, [format!("https://{at}/"), format!("wss://{at}/")]);
    let mut stream = papers.connect(&server).await;
    let health = say(&mut stream, "GET /health HTTP/1.1\r\n", b"").await;
    assert_eq!(health.unwrap().status, 200);
}

#[tokio::test]
async fn who_speaks_no_tls_there_is_let_go() {
    let papers = Papers::new();
    let server = start(&papers).await;
    let mut stream = TcpStream::connect(server.at).await.unwrap();

    assert!(
        say(&mut stream, "GET /health HTTP/1.1\r\n", b"")
            .await
            .is_none()
    );
    let mut silent = TcpStream::connect(server.at).await.unwrap();
    let mut byte = [0];
    let closed = timeout(PATIENCE, silent.read(&mut byte)).await.unwrap();
    assert_eq!(closed.unwrap_or(0), 0);
}

#[tokio::test]
async fn files_that_hold_no_certificate_or_no_key_are_told_in_one_sentence() {
    let papers = Papers::new();
    let (cert, key) = (papers.path("cert.pem"), papers.path("key.pem"));
    let missing = papers.path("missing.pem");
    for (given, expected) in [
        ([&key, &key], format!("there is no certificate in {key}")),
        ([&cert, &cert], format!("there is no private key in {cert}")),
        ([&missing, &key], format!("{missing} cannot be read")),
    ] {
        let [certificate, key] = given;
        let flags = ["--tls-cert", certificate, "--tls-key", key];
        let elsewhere = ([127, 0, 0, 1], 0).into();
        let mut command = command(papers.folder.path(), elsewhere);
        let refused = command.args(flags).stderr(Stdio::piped()).output();
        let refused = timeout(PATIENCE, refused).await.unwrap().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(&expected), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}
