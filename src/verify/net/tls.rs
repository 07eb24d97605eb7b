//! Whom to trust: what the machine trusts, or one file and nothing beside it.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::NetError;

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
