use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Where a test that runs once more, in a process of its own, finds the certificates.
const FOLDER: &str = "BOOTHSYNC_TEST_CERTIFICATES";

/// A certificate authority of the operator's own, and what it signed.
pub struct Certificates(PathBuf);

impl Certificates {
    /// Makes them in `folder`: for `localhost`, and for `other.example`.
    pub fn make(folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the operator");
        let key = KeyPair::generate().unwrap();
        fs::write(folder.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for name in ["localhost", "other.example"] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            fs::write(folder.join(format!("{name}.crt")), certificate.der()).unwrap();
            fs::write(folder.join(format!("{name}.key")), key.serialize_der()).unwrap();
        }
        Self(folder.to_owned())
    }

    /// A server that shows the certificate for `name`.
    pub fn of(&self, name: &str) -> Arc<ServerConfig> {
        let file = |ending: &str| fs::read(self.0.join(format!("{name}.{ending}"))).unwrap();
        let certificate = CertificateDer::from(file("crt"));
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(file("key")));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Arc::new(config.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
    }
}

/// Runs `body`, the body of the test of this name, in a process whose system trusts the operator's own
/// authority, and names a proxy: both stand in the environment, which all of a process share.
pub fn with_roots(test: &str, body: impl AsyncFnOnce(Certificates)) {
    in_a_world_of_its_own(test, "ca.pem", body);
}

/// The same on a system that trusts nobody.
pub fn without_roots(test: &str, body: impl AsyncFnOnce(Certificates)) {
    in_a_world_of_its_own(test, "none.pem", body);
}

fn in_a_world_of_its_own(test: &str, roots: &str, body: impl AsyncFnOnce(Certificates)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(body(Certificates(folder.into())));
    }
    let folder = tempfile::tempdir().unwrap();
    Certificates::make(folder.path());
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([test, "--exact", "--nocapture"]).env(FOLDER, folder.path());
    again.env("SSL_CERT_FILE", folder.path().join(roots)).env("SSL_CERT_DIR", folder.path().join("none"));
    again.env_remove("NO_PROXY").env_remove("no_proxy");
    // Nobody listens there: whoever minded a proxy would reach nothing.
    for proxy in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(proxy, "http://127.0.0.1:9");
    }
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
