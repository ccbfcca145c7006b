//! A web space as cheap hosts rent them: FTP to fill it, and a plain web server that shows it.

use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::booth::{Booth, Target};
use crate::process::Running;
use crate::server::{Kind, PASSWORD, Server, free_address, listens};
use crate::wait::{PATIENCE, wait_until};

const SUBDIR: &str = "photos";

/// The real servers: `rclone serve ftp` and nginx, on one folder.
pub struct WebSpace {
    /// Fills it.
    pub ftp: Server,
    http: SocketAddrV4,
    elsewhere: SocketAddrV4,
    folder: TempDir,
    nginx: Running,
}

/// A request that the web server has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Address and port that it came to.
    pub host: String,
    /// `GET`, `HEAD`...
    pub method: String,
    /// Path and query, as they were sent.
    pub path: String,
    /// Of the answer.
    pub status: u16,
    /// The `Range` header, or `-`.
    pub range: String,
}

impl WebSpace {
    /// An empty one.
    pub fn start() -> Self {
        let ftp = Server::start(Kind::RcloneFtp);
        let folder = tempfile::tempdir().unwrap();
        let (http, elsewhere) = (free_address(), free_address());
        let config = configuration(folder.path(), &ftp.place(), &[http, elsewhere]);
        fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let mut command = Command::new("/usr/sbin/nginx");
        command.env_clear().arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "nginx.conf"]);
        let mut nginx = Running::start("nginx", command, &folder.path().join("nginx.log"));
        nginx.wait_until_ready(PATIENCE, || listens(http) && listens(elsewhere));
        Self { ftp, http, elsewhere, folder, nginx }
    }

    /// A booth that fills it and gives out links to it. `page` are the share page's settings, an inline
    /// table's inside.
    pub fn booth(&self, page: &str) -> Booth {
        let mut booth = Booth::new();
        booth.remote("web", &self.ftp.section(PASSWORD));
        booth.target(Target {
            name: "web".into(),
            plugin: "rclone".into(),
            settings: format!("remote = {:?}, subdir = {SUBDIR:?}", self.ftp.remote("web")),
            lines: format!(
                "[target.share]\nenabled = true\npublic_link = \"{0}{{path}}\"\nuse_sharepage = true\n\
                 sharepage_url = \"{0}\"\n\n[[page]]\nname = \"sharepage\"\nplugin = \"sharepage\"\n\
                 settings = {{ {page} }}\n",
                self.url("")
            ),
        });
        booth
    }

    /// The address of `path` in the folder that the booth fills; `""` is the share page's own.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{SUBDIR}/{path}", self.http)
    }

    /// The same on another host.
    pub fn url_elsewhere(&self, path: &str) -> String {
        format!("http://{}/{SUBDIR}/{path}", self.elsewhere)
    }

    /// The link that `booth` gives out for `key`, and that leads to the share page.
    pub fn link(&self, booth: &Booth, key: &str) -> String {
        let links = booth.run(&["share", key, "--json"]).expect(0).json();
        let first = links.as_array().and_then(|links| links.first()).unwrap_or(&Value::Null);
        let url = first["url"].as_str().unwrap_or_else(|| panic!("no link in {links}"));
        assert!(url.starts_with(&self.url("#/?url=")), "{url}");
        url.to_owned()
    }

    /// Waits until the web server has the file `path` of the folder that the booth fills.
    pub fn wait_for(&self, path: &str) {
        let file = self.ftp.place().join(SUBDIR).join(path);
        wait_until(PATIENCE, &format!("`{path}` is on the web space"), || file.is_file());
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().filter_map(asked).collect()
    }

    /// The process id of the web server.
    pub fn id(&self) -> u32 {
        self.nginx.id()
    }
}

fn asked(line: &str) -> Option<Asked> {
    let mut parts = line.split('\t').map(str::to_owned);
    let mut next = || parts.next();
    let (host, method, path) = (next()?, next()?, next()?);
    Some(Asked { host, method, path, status: next()?.parse().ok()?, range: next()? })
}

/// What some hosts do differently, each below a folder of its own.
const ODDITIES: &str = "
    location /photos/media/no-head/ { if ($request_method = HEAD) { return 405; } }
    location /photos/media/page-instead/ { error_page 404 =200 /photos/index.html; }
    location /photos/media/gone/ { return 410; }
    location /photos/media/no-types/ { types { } }
";

/// Nothing but files: what a web space without any programs does.
fn configuration(folder: &Path, root: &Path, addresses: &[SocketAddrV4]) -> String {
    let folder = folder.display();
    let listen: String = addresses.iter().map(|address| format!("listen {address}; ")).collect();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let aside: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {folder}/{what};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\n{user}\npid {folder}/nginx.pid;\nevents {{ worker_connections 128; }}\n\
         http {{\n{aside}\
         types {{ text/html html; image/jpeg jpg jpeg; image/png png; image/gif gif; image/webp webp;\n\
         image/svg+xml svg; video/mp4 mp4; video/webm webm; }}\n\
         default_type application/octet-stream;\n\
         log_format seen '$server_addr:$server_port\\t$request_method\\t$request_uri\\t$status\\t$http_range';\n\
         access_log {folder}/access.log seen;\n\
         server {{ {listen} root {root}; index index.html; {ODDITIES} }}\n}}\n",
        root = root.display()
    )
}
