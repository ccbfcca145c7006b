use engine::Target;
use sandbox::{PackageError, PageSetup, Sandbox, SandboxSettings, SetupError};
use serde_json::{Value, json};

use crate::support::{Booth, guest, pack, sandbox};

fn manifest(kind: &str) -> Value {
    json!({"plugin": {"name": "probe", "version": "1", "kind": kind}, "permissions": {"http": {}}})
}

#[tokio::test]
async fn a_package_is_known_by_its_digest_and_manifest() {
    let package = pack(&guest("minimal"), &manifest("target"));
    let plugin = sandbox().load(package.clone()).await.unwrap();
    assert_eq!(plugin.manifest().plugin.name, "probe");
    assert!(plugin.digest().starts_with("sha256:") && plugin.digest().len() == 71);
    let again = sandbox().load(package).await.unwrap();
    assert_eq!(plugin.digest(), again.digest());
}

#[tokio::test]
async fn an_interface_that_is_not_exported_is_an_ability_that_is_not_there() {
    let booth = Booth::new();
    let abilities = booth.target(json!({})).await.abilities();
    assert!(abilities.inventory && abilities.links);
    let minimal = sandbox().load(pack(&guest("minimal"), &manifest("target"))).await.unwrap();
    let target = minimal.target(sandbox::TargetSetup {
        name: engine::TargetName::new("t").unwrap(),
        settings: json!({}),
        secrets: Default::default(),
        state: booth.state.clone(),
        rc: None,
        roots: sandbox::Roots { media: booth.path("media"), pages: booth.path("pages") },
        limits: Default::default(),
    });
    let target = target.unwrap();
    assert!(!target.abilities().inventory && !target.abilities().links);
    let path = engine::ObjectPath::new("a").unwrap();
    let failure = target.stat(&booth.call(), &path, None).await.unwrap_err();
    assert_eq!(failure.kind(), "unsupported");
}

#[tokio::test]
async fn what_cannot_run_here_is_refused_in_words() {
    let refused = async |package: &[u8]| sandbox().load(package.into()).await.err().unwrap();
    assert!(matches!(refused(b"MZ").await, PackageError::NotWasm));
    assert!(matches!(refused(&guest("probe")).await, PackageError::NoManifest));
    let page_as_target = pack(&guest("page"), &manifest("target"));
    assert!(matches!(refused(&page_as_target).await, PackageError::Export { .. }));
    let undeclared = json!({"plugin": {"name": "probe", "version": "1", "kind": "target"}});
    assert!(matches!(refused(&pack(&guest("probe"), &undeclared)).await, PackageError::Undeclared));
    let mut cut = guest("probe");
    cut.truncate(cut.len() / 2);
    assert!(matches!(refused(&cut).await, PackageError::CutOff(_)));
    let bad_schema = json!({"plugin": {"name": "probe", "version": "1", "kind": "target"},
        "permissions": {"http": {}}, "settings": {"type": "nonsense"}});
    assert!(matches!(refused(&pack(&guest("probe"), &bad_schema)).await, PackageError::Schema(_)));
}

#[tokio::test]
async fn machine_code_is_never_taken_from_outside() {
    let temp = tempfile::tempdir().unwrap();
    let own =
        Sandbox::new(SandboxSettings { code_cache: temp.path().join("code"), bandwidth: Default::default() })
            .unwrap();
    own.load(pack(&guest("minimal"), &manifest("target"))).await.unwrap();
    let file = std::fs::read_dir(temp.path().join("code")).unwrap().next().unwrap().unwrap();
    let code = std::fs::read(file.path()).unwrap();
    assert!(matches!(own.load(code.into()).await.err().unwrap(), PackageError::Precompiled));
}

#[tokio::test]
async fn settings_that_do_not_fit_the_schema_make_no_target() {
    let mut manifest = manifest("target");
    manifest["settings"] = json!({"type": "object", "required": ["remote"],
        "properties": {"remote": {"type": "string", "x-place": true}}});
    let plugin = sandbox().load(pack(&guest("minimal"), &manifest)).await.unwrap();
    let problems = plugin.check_settings(&json!({"remote": 5})).unwrap_err();
    assert_eq!(problems[0].pointer, "/remote");
    assert_eq!(plugin.placement(&json!({"remote": "a:", "x": 1})), json!({"remote": "a:"}));
    let page = plugin.page(PageSetup {
        name: engine::PageName::new("p").unwrap(),
        settings: json!({}),
        limits: Default::default(),
    });
    assert!(matches!(page.err().unwrap(), SetupError::Kind { .. }));
}

#[tokio::test]
async fn a_code_cache_that_cannot_be_written_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Sandbox::new(SandboxSettings { code_cache: file.clone(), bandwidth: Default::default() })
        .err()
        .unwrap();
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}
