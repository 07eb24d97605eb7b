//! Whom to trust: what the machine trusts, or one file and nothing beside it.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_platform_verifier::Verifier;

use super::dial::broken;
use super::{NetError, Secured, Timed};
use crate::verify::Trouble;

/// Most bytes of a file with certificates; the list of all that browsers trust has 250 KB.
const LARGEST: u64 = 4 << 20;

/// How connections are secured: TLS 1.2 at least, names and dates checked.
pub(super) fn config(ca: Option<&Path>) -> Result<Arc<ClientConfig>, NetError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| NetError::Roots(error.to_string()))?;
    let config = match ca {
        Some(file) => builder
            .with_root_certificates(roots(file)?)
            .with_no_client_auth(),
        None => builder
            // the name of the method is for verifiers in general; this one is the system's
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(
                Verifier::new(provider).map_err(|error| NetError::Roots(error.to_string()))?,
            ))
            .with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

/// Begins TLS on `stream`. The certificate must be valid, trusted, and for `host`.
pub(super) fn secured(
    config: Arc<ClientConfig>,
    host: &str,
    stream: Timed,
) -> Result<Secured, Trouble> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Trouble::Tls)?;
    let session = ClientConnection::new(config, name).map_err(|_| Trouble::Tls)?;
    let mut secured = StreamOwned::new(session, stream);
    while secured.conn.is_handshaking() {
        secured
            .conn
            .complete_io(&mut secured.sock)
            .map_err(|error| broken(&error))?;
    }
    Ok(secured)
}

fn roots(file: &Path) -> Result<RootCertStore, NetError> {
    let fail = |problem: String| NetError::Ca {
        file: file.display().to_string(),
        problem,
    };
    let size = std::fs::metadata(file).map_err(|error| fail(error.to_string()))?;
    if !size.is_file() || size.len() > LARGEST {
        return Err(fail("no file, or too large for certificates".to_owned()));
    }
    let text = std::fs::read(file).map_err(|error| fail(error.to_string()))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| fail(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| fail(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(fail(
            "holds no certificate: expected PEM, with lines `-----BEGIN CERTIFICATE-----`"
                .to_owned(),
        ));
    }
    Ok(store)
}
