//! A certificate of its own, read again when its file changes: whoever renews it need not stop anything.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often it is seen whether the file has changed.
const LOOK: Duration = Duration::from_secs(60);

/// When each file was changed.
type Changed = [Option<SystemTime>; 2];

/// Where a certificate lies, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate and those that vouch for it, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{0} cannot be read: {1}")]
    File(PathBuf, io::Error),
    /// There is no certificate in it.
    #[error("there is no certificate in {0}")]
    NoCertificate(PathBuf),
    /// There is no private key in it.
    #[error("there is no private key in {0}")]
    NoKey(PathBuf),
    /// They do not go together, or are of a kind that is not served.
    #[error("this certificate cannot be served with this key: {0}")]
    Refused(tokio_rustls::rustls::Error),
}

/// What connections begin with.
pub struct Tls {
    files: Files,
    acceptor: RwLock<TlsAcceptor>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`], one sentence.
    pub fn new(files: Files) -> Result<Arc<Self>, TlsError> {
        let acceptor = RwLock::new(read(&files)?);
        Ok(Arc::new(Self { files, acceptor }))
    }

    /// The connection, once it is secured; `None` if the other side does not speak TLS, or not soon.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let acceptor = self.acceptor().clone();
        match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::trace!(%error, "no handshake");
                None
            }
            Err(_) => None,
        }
    }

    /// Reads the files again whenever they change. What cannot be read changes nothing.
    pub(crate) async fn renew(&self) {
        let mut known = self.changed();
        loop {
            tokio::time::sleep(LOOK).await;
            self.look(&mut known);
        }
    }

    fn look(&self, known: &mut Changed) {
        let now = self.changed();
        if now == *known {
            return;
        }
        *known = now;
        match read(&self.files) {
            Ok(acceptor) => {
                let held = self.acceptor.write();
                *held.unwrap_or_else(PoisonError::into_inner) = acceptor;
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the certificate of before goes on"),
        }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let held = self.acceptor.read();
        held.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changed(&self) -> Changed {
        [&self.files.certificate, &self.files.key]
            .map(|file| fs::metadata(file).and_then(|m| m.modified()).ok())
    }
}

fn read(files: &Files) -> Result<TlsAcceptor, TlsError> {
    let bytes =
        |file: &Path| fs::read(file).map_err(|error| TlsError::File(file.to_owned(), error));
    let pem = bytes(&files.certificate)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(files.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_slice(&bytes(&files.key)?);
    let key = key.map_err(|_| TlsError::NoKey(files.key.clone()))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Refused)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    fn write(files: &Files) {
        let CertifiedKey { cert, key_pair } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&files.certificate, cert.pem()).unwrap();
        fs::write(&files.key, key_pair.serialize_pem()).unwrap();
    }

    #[test]
    fn a_renewed_certificate_is_served_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files {
            certificate: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        };
        write(&files);
        let tls = Tls::new(files.clone()).unwrap();
        let served = |tls: &Tls| Arc::as_ptr(tls.acceptor().config());
        let first = served(&tls);

        tls.look(&mut tls.changed());
        assert_eq!(served(&tls), first);
        write(&files);
        tls.look(&mut [None, None]);
        let second = served(&tls);
        assert_ne!(second, first);
        fs::write(&files.key, "nothing").unwrap();
        tls.look(&mut [None, None]);
        assert_eq!(served(&tls), second);
    }
}
