//! A visitor's phone: headless Chromium, driven through WebDriver.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::process::Running;
use crate::wait::{PATIENCE, comes_true, wait_until};

const STARTED: &str = "was started successfully on port ";
/// A phone of today, upright.
const SIZE: (u32, u32) = (390, 844);

/// Who looks at the page, and how.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// `navigator.languages`, separated by commas.
    pub languages: &'static str,
    /// The phone is set to dark.
    pub dark: bool,
    /// Runs before the page's own script.
    pub before: &'static str,
}

impl Default for Visitor {
    fn default() -> Self {
        Self { languages: "en-US", dark: false, before: "" }
    }
}

/// A browser with a profile of its own. Ends with the test.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    _driver: Running,
    folder: TempDir,
}

impl Browser {
    /// Starts one for `visitor`.
    pub fn start(visitor: &Visitor) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (driver, port) = start_driver(folder.path());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let capabilities = capabilities(folder.path());
        let session = async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{port}")).await
        };
        let client = runtime.block_on(session).unwrap();
        let browser = Self { runtime, client, folder, _driver: driver };
        browser.become_like(visitor);
        browser
    }

    fn become_like(&self, visitor: &Visitor) {
        let scheme = if visitor.dark { "dark" } else { "light" };
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
        let agent = self.evaluate("return navigator.userAgent");
        self.devtools(
            "Emulation.setUserAgentOverride",
            json!({"userAgent": agent, "acceptLanguage": visitor.languages}),
        );
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": visitor.before}));
        let allowed = json!({"behavior": "allow", "downloadPath": self.downloads()});
        self.devtools("Browser.setDownloadBehavior", allowed);
    }

    /// Opens `url` and returns when the page itself has been loaded.
    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// What a script returns.
    #[track_caller]
    pub fn evaluate(&self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute(script, Vec::new())).unwrap()
    }

    /// What a script gives to the function that is its last argument.
    #[track_caller]
    pub fn evaluate_later(&self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute_async(script, Vec::new())).unwrap()
    }

    /// Gives a command to the browser's developer tools.
    #[track_caller]
    pub fn devtools(&self, method: &str, parameters: Value) -> Value {
        let command = Devtools { method: method.into(), parameters };
        self.runtime.block_on(self.client.issue_cmd(command)).unwrap()
    }

    /// The visible text of the whole page.
    #[track_caller]
    pub fn text(&self) -> String {
        self.evaluate("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows `words`.
    #[track_caller]
    pub fn wait_for_text(&self, words: &str) {
        if !comes_true(PATIENCE, || self.text().contains(words)) {
            panic!("`{words}` did not appear on the page, which says: {}", self.text());
        }
    }

    /// Waits until `expression` is true on the page.
    #[track_caller]
    pub fn wait_until(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        wait_until(PATIENCE, &format!("{expression}; the page says: {}", self.text()), || {
            self.evaluate(&script) == true
        });
    }

    /// Taps what `selector` names.
    #[track_caller]
    pub fn tap(&self, selector: &str) {
        let tap = async { self.client.find(Locator::Css(selector)).await?.click().await };
        self.runtime.block_on(tap).unwrap();
    }

    /// Presses one key, named as the developer tools do: `Tab`, `Enter`.
    pub fn press(&self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            other => panic!("no such key here: {other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            self.devtools(
                "Input.dispatchKeyEvent",
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}),
            );
        }
    }

    /// The folder into which files are saved.
    pub fn downloads(&self) -> PathBuf {
        self.folder.path().join("saved")
    }

    /// Waits until a file has been saved, and returns its name.
    #[track_caller]
    pub fn wait_for_download(&self) -> String {
        let saved = || {
            let entries = fs::read_dir(self.downloads()).into_iter().flatten().flatten();
            let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            names.find(|name| !name.ends_with(".crdownload") && !name.starts_with('.'))
        };
        wait_until(PATIENCE, "a file has been saved", || saved().is_some());
        saved().expect("it was there a moment ago")
    }

    /// What the phone shows, as PNG.
    #[track_caller]
    pub fn picture(&self) -> Vec<u8> {
        self.runtime.block_on(self.client.screenshot()).unwrap()
    }

    /// Keeps what the phone shows as `target/screenshots/<name>.png`, for a person to look at.
    #[track_caller]
    pub fn keep_picture(&self, name: &str) {
        let picture = self.picture();
        let folder = results().join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Failing that, the driver's end is the browser's too.
        let client = self.client.clone();
        let close = async { tokio::time::timeout(Duration::from_secs(5), client.close()).await };
        let _ = self.runtime.block_on(close);
    }
}

/// Cargo's folder of results: the test lies three levels below.
pub(crate) fn results() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).expect("a test lies below cargo's folder of results").to_owned()
}

fn start_driver(folder: &Path) -> (Running, u16) {
    let mut command = Command::new("/usr/bin/chromedriver");
    command.args(["--port=0", "--log-level=WARNING"]).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("HOME", folder).env("TMPDIR", folder);
    // Else no file could be saved under a name with letters of other languages.
    command.env("LANG", "C.UTF-8");
    let mut driver = Running::start("chromedriver", command, &folder.join("driver.log"));
    let log = || fs::read_to_string(folder.join("driver.log")).unwrap_or_default();
    driver.wait_until_ready(PATIENCE, || log().contains(STARTED));
    let log = log();
    let digits = log.split(STARTED).nth(1).unwrap_or_default();
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    (driver, digits.parse().unwrap())
}

fn capabilities(folder: &Path) -> Map<String, Value> {
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        // It ends when the driver does, on whatever way that ended.
        "--remote-debugging-pipe",
        // Of the machine's own shared memory there may be very little.
        "--disable-dev-shm-usage",
    ];
    let mut arguments: Vec<Value> = arguments.into_iter().map(Value::from).collect();
    arguments.push(format!("--user-data-dir={}", folder.join("profile").display()).into());
    arguments.push(format!("--window-size={},{}", SIZE.0, SIZE.1).into());
    let phone = json!({"width": SIZE.0, "height": SIZE.1, "pixelRatio": 2.0, "mobile": true, "touch": true});
    let capabilities = json!({"goog:chromeOptions": {
        "binary": "/usr/bin/chromium",
        "args": arguments,
        "mobileEmulation": {"deviceMetrics": phone},
    }});
    let Value::Object(capabilities) = capabilities else { unreachable!("it was written as an object") };
    capabilities
}

/// What WebDriver itself has no words for.
#[derive(Debug)]
struct Devtools {
    method: String,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({"cmd": self.method, "params": self.parameters}).to_string();
        (http::Method::POST, Some(body))
    }
}
