//! Whom TLS to a database server trusts: the authorities of rustls, as everywhere in this workspace.

use super::url::Location;
use crate::error::{Failure, Outcome};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Reads whom certificates may be signed by: the file that the URL names, or the system's.
pub(crate) fn authorities(location: &Location) -> Outcome<RootCertStore> {
    let mut store = RootCertStore::empty();
    match &location.authorities {
        Some(path) => {
            let unusable = |what: String| Failure::Unusable(format!("{path}: {what}"));
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
                store.add(certificate).map_err(|error| unusable(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(unusable("there is no certificate in it (PEM)".to_owned()));
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                return Err(Failure::Unusable(
                    "this system has no certificates to check the database's with: install ca-certificates, or name \
                     a file in the database URL"
                        .to_owned(),
                ));
            }
        }
    }
    Ok(store)
}
