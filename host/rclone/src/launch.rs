//! The command line and environment of one child.

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;

use crate::endpoint::Endpoint;
use crate::settings::RcloneSettings;
use crate::state::WebUi;

/// What rclone keeps of our environment: where to find programs, home and configuration, how to
/// reach the network, what the clock and the language are, and remotes that are defined by variables.
/// Everything else is cleared, above all `RCLONE_RC_*`, which could take the lock off the rc API.
const KEPT: [&str; 25] = [
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "TZ",
    "LANG",
    "LC_ALL",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "KRB5_CONFIG",
    "KRB5CCNAME",
    "RCLONE_PASSWORD_COMMAND",
    "RCLONE_CA_CERT",
];
/// `RCLONE_CONFIG`, `RCLONE_CONFIG_PASS` and `RCLONE_CONFIG_<REMOTE>_<OPTION>`.
const KEPT_PREFIX: &str = "RCLONE_CONFIG";

/// A call that copies one file answers when the file is there. rclone cuts answers off that take
/// longer than this, and its default of one hour is too short for a video over a phone's hotspot.
const LONGEST_CALL: &str = "720h";

/// How often rclone itself tries one request. Its ten hold every call to a server that is away for a
/// minute and more, while the host backs off anyway; but part of a large file that failed once should
/// not cost the whole of it. A call's own `_config` does not reach all of rclone's retries.
const TRIES: &str = "3";

/// Everything that decides how one child is started.
pub(crate) struct Launch {
    pub(crate) endpoint: Endpoint,
    pub(crate) web_ui: WebUi,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(OsString, OsString)>,
    program: PathBuf,
    work_dir: PathBuf,
}

impl Launch {
    /// A launch on a free port with fresh credentials.
    pub(crate) fn prepare(settings: &RcloneSettings) -> std::io::Result<Self> {
        std::fs::create_dir_all(&settings.work_dir)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        Ok(Self::new(settings, Endpoint::fresh(port), web_ui(settings), std::env::vars_os()))
    }

    fn new(
        settings: &RcloneSettings,
        endpoint: Endpoint,
        web_ui: WebUi,
        outer: impl Iterator<Item = (OsString, OsString)>,
    ) -> Self {
        let args = args(&endpoint, &web_ui);
        let env = env(settings, &endpoint, outer);
        let program = settings.found.path.clone();
        Self { endpoint, web_ui, args, env, program, work_dir: settings.work_dir.clone() }
    }

    /// The command, ready to be spawned. Its own process group keeps a Ctrl-C in the terminal away
    /// from it, so that transfers can be finished first.
    pub(crate) fn command(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.args).env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.work_dir).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn args(endpoint: &Endpoint, web_ui: &WebUi) -> Vec<String> {
    let api = endpoint.addr.to_string();
    let words: Vec<&str> = match web_ui {
        WebUi::At(origin) => {
            let addr = origin.trim_start_matches("http://");
            vec!["gui", "--no-open-browser", "--addr", addr, "--api-addr", &api, "--rc-allow-origin", origin]
        }
        WebUi::Off | WebUi::Unavailable(_) => vec!["rcd", "--rc-addr", &api],
    };
    words.into_iter().map(String::from).collect()
}

fn env(
    settings: &RcloneSettings,
    endpoint: &Endpoint,
    outer: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    let own = [
        ("RCLONE_RC_USER", endpoint.user.as_str()),
        ("RCLONE_RC_PASS", &endpoint.password),
        ("RCLONE_RC_SERVER_WRITE_TIMEOUT", LONGEST_CALL),
        ("RCLONE_LOW_LEVEL_RETRIES", TRIES),
        // Read-ahead for each transfer costs 120 MB at eight of them and gains nothing.
        ("RCLONE_BUFFER_SIZE", "0"),
        ("RCLONE_LOG_LEVEL", &settings.log_level),
        ("RCLONE_BWLIMIT", &settings.bandwidth_limit),
    ];
    let config = settings.config.iter().map(|path| ("RCLONE_CONFIG".into(), path.into()));
    let mut env: Vec<(OsString, OsString)> = outer
        .filter(|(name, _)| is_kept(name) && !(settings.config.is_some() && name == "RCLONE_CONFIG"))
        .collect();
    env.extend(own.map(|(name, value)| (name.into(), value.into())));
    env.extend(config);
    env
}

fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    KEPT.contains(&name) || name == KEPT_PREFIX || name.starts_with("RCLONE_CONFIG_")
}

/// Decides whether the web UI can be had, right before a start.
fn web_ui(settings: &RcloneSettings) -> WebUi {
    let Some(wanted) = &settings.web_ui else { return WebUi::Off };
    if !settings.found.version.is_recommended() {
        return WebUi::Unavailable(format!(
            "rclone's web UI needs rclone 1.75 or newer, and this is {} (`{}`); uploads work without it",
            settings.found.version,
            settings.found.path.display()
        ));
    }
    let Some(addr) = own_address(wanted) else {
        return WebUi::Unavailable(format!(
            "rclone's web UI cannot be opened at `{wanted}`: set [rclone] web_ui to a name of this machine and a \
             port, such as \"localhost:5572\", or to \"off\"; uploads work without it"
        ));
    };
    match TcpListener::bind(addr) {
        Ok(_) => WebUi::At(format!("http://{wanted}")),
        Err(error) => WebUi::Unavailable(format!(
            "rclone's web UI is not there because `{wanted}` is not free ({error}), perhaps another rclone runs: stop \
             it, or set [rclone] web_ui to another port or to \"off\"; uploads work without it"
        )),
    }
}

/// The loopback address that rclone will listen on, if `wanted` is one with a port.
fn own_address(wanted: &str) -> Option<SocketAddr> {
    let addr = match wanted.strip_prefix("localhost:") {
        Some(port) => (Ipv4Addr::LOCALHOST, port.parse().ok()?).into(),
        None => wanted.parse::<SocketAddr>().ok()?,
    };
    (addr.ip().is_loopback() && addr.port() != 0).then_some(addr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::Found;
    use crate::version::Version;

    fn settings(version: &str, web_ui: Option<&str>) -> RcloneSettings {
        let version = Version::from_output(&format!("rclone v{version}")).unwrap();
        RcloneSettings {
            found: Found { path: "/opt/rclone".into(), version, note: None },
            config: Some("/etc/booth/rclone.conf".into()),
            work_dir: "/var/empty".into(),
            log_level: "NOTICE".into(),
            bandwidth_limit: "08:00,1M 22:00,off".into(),
            web_ui: web_ui.map(String::from),
        }
    }

    fn launch(web_ui: WebUi, outer: &[(&str, &str)]) -> Launch {
        let outer: Vec<_> = outer.iter().map(|(n, v)| (OsString::from(n), OsString::from(v))).collect();
        Launch::new(&settings("1.75.2", None), Endpoint::fresh(4711), web_ui, outer.into_iter())
    }

    fn value<'a>(launch: &'a Launch, name: &str) -> Option<&'a str> {
        let mut found = launch.env.iter().filter(|(n, _)| n == name).map(|(_, v)| v.to_str().unwrap());
        let first = found.next();
        assert_eq!(found.next(), None, "{name} is set twice");
        first
    }

    #[test]
    fn with_the_web_ui_one_process_serves_both_and_lets_only_its_own_page_in() {
        let launch = launch(WebUi::At("http://localhost:5572".into()), &[]);
        assert_eq!(
            launch.args.join(" "),
            "gui --no-open-browser --addr localhost:5572 --api-addr 127.0.0.1:4711 --rc-allow-origin http://localhost:5572"
        );
    }

    #[test]
    fn without_the_web_ui_only_the_api_is_served() {
        for ui in [WebUi::Off, WebUi::Unavailable("taken".into())] {
            assert_eq!(launch(ui, &[]).args.join(" "), "rcd --rc-addr 127.0.0.1:4711");
        }
    }

    #[test]
    fn credentials_travel_in_the_environment_alone() {
        let launch = launch(WebUi::Off, &[]);
        assert_eq!(value(&launch, "RCLONE_RC_PASS"), Some(launch.endpoint.password.as_str()));
        assert_eq!(value(&launch, "RCLONE_RC_USER"), Some(launch.endpoint.user.as_str()));
        assert!(!launch.args.concat().contains(&launch.endpoint.password));
    }

    #[test]
    fn only_what_is_needed_of_the_environment_is_handed_on() {
        let outer = [
            ("PATH", "/bin"),
            ("https_proxy", "http://proxy:3128"),
            ("RCLONE_CONFIG", "/somewhere/else.conf"),
            ("RCLONE_CONFIG_PASS", "x"),
            ("RCLONE_CONFIG_NAS_TYPE", "ftp"),
            ("RCLONE_RC_NO_AUTH", "true"),
            ("RCLONE_RC_PASS", "known"),
            ("RCLONE_CONFIGURED", "1"),
            ("LD_PRELOAD", "x.so"),
        ];
        let launch = launch(WebUi::Off, &outer);
        assert_eq!(value(&launch, "PATH"), Some("/bin"));
        assert_eq!(value(&launch, "https_proxy"), Some("http://proxy:3128"));
        assert_eq!(value(&launch, "RCLONE_CONFIG"), Some("/etc/booth/rclone.conf"));
        assert_eq!(value(&launch, "RCLONE_CONFIG_NAS_TYPE"), Some("ftp"));
        assert_eq!(value(&launch, "RCLONE_BWLIMIT"), Some("08:00,1M 22:00,off"));
        assert_ne!(value(&launch, "RCLONE_RC_PASS"), Some("known"));
        for gone in ["RCLONE_RC_NO_AUTH", "RCLONE_CONFIGURED", "LD_PRELOAD"] {
            assert_eq!(value(&launch, gone), None);
        }
    }

    #[test]
    fn an_old_rclone_or_an_open_address_means_no_web_ui() {
        for (version, wanted, said) in [
            ("1.74.3", "localhost:5572", "needs rclone 1.75"),
            ("1.75.2", "0.0.0.0:5572", "a name of this machine"),
            ("1.75.2", "booth.local:5572", "a name of this machine"),
            ("1.75.2", "localhost:0", "a name of this machine"),
            ("1.75.2", "localhost", "a name of this machine"),
        ] {
            let WebUi::Unavailable(reason) = web_ui(&settings(version, Some(wanted))) else {
                panic!("{wanted} was accepted")
            };
            assert!(reason.contains(said), "{reason}");
        }
        assert_eq!(web_ui(&settings("1.75.2", None)), WebUi::Off);
    }
}
