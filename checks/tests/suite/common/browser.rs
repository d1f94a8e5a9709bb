//! A real browser without a window, driven by its DevTools protocol.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Under which names it is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// How long anything may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Browser {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: String,
    calls: u64,
    /// What the browser said beside its answers.
    events: Vec<Value>,
    profile: PathBuf,
}

impl Browser {
    /// One of those that may be installed; none if none is.
    pub(crate) fn start(profile: &Path) -> Option<Self> {
        let name = NAMES.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok())?;
        let _ = fs::remove_dir_all(profile);
        fs::create_dir_all(profile).expect("a directory for the browser's profile");
        let process = Command::new(name)
            // without its sandbox, which root and many containers do not have: it opens nothing but our own files
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--remote-debugging-port=0",
                "--no-first-run",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let address = address(&profile.join("DevToolsActivePort"));
        let (socket, _) = tungstenite::connect(&address).expect("the browser answers");
        let profile = profile.to_owned();
        let mut browser =
            Browser { process, socket, session: String::new(), calls: 0, events: Vec::new(), profile };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", json!({ "targetId": page["targetId"], "flatten": true }));
        browser.session = attached["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Call a method of the protocol.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut request = json!({ "id": self.calls, "method": method, "params": parameters });
        if !self.session.is_empty() {
            request["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::text(request.to_string())).expect("the browser listens");
        loop {
            let message = self.read();
            if message["id"] == json!(self.calls) {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }

    fn read(&mut self) -> Value {
        let message = self.socket.read().expect("the browser speaks");
        let value: Value = serde_json::from_str(message.to_text().unwrap_or("null")).unwrap_or(Value::Null);
        if value["method"].is_string() {
            self.events.push(value.clone());
        }
        value
    }

    /// Open a page and wait until it is loaded.
    pub(crate) fn open(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        self.call("Page.navigate", json!({ "url": url }));
        let started = Instant::now();
        while self.evaluate("document.readyState === 'complete' && location.href !== 'about:blank'")
            != json!(true)
        {
            assert!(started.elapsed() < PATIENCE, "{url} does not load");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true });
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Press a key.
    pub(crate) fn press(&mut self, key: &str) {
        let text = if key.len() == 1 { key } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            self.call("Input.dispatchKeyEvent", json!({ "type": kind, "key": key, "text": text }));
        }
    }

    /// A picture of what is to be seen.
    pub(crate) fn look(&mut self, width: u32, height: u32, scheme: &str, file: &Path) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
        let shot = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = BASE64.decode(shot["data"].as_str().expect("a picture").as_bytes()).expect("base 64");
        fs::write(file, bytes).expect("a picture can be written");
    }

    /// Errors of scripts and of loading, and whatever was asked for outside the site.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // whatever is still under way is said before this is answered
        self.call("Runtime.evaluate", json!({ "expression": "0" }));
        self.events.iter().filter_map(complaint).collect()
    }
}

fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
        "Log.entryAdded" => Some(parameters["entry"].to_string()),
        "Network.loadingFailed" => Some(parameters.to_string()),
        "Runtime.consoleAPICalled" => Some(parameters["args"].to_string()),
        "Network.requestWillBeSent" => {
            let url = parameters["request"]["url"].as_str().unwrap_or_default();
            let inside = ["file://", "data:", "about:"].iter().any(|own| url.starts_with(own));
            (!inside).then(|| format!("{url} is fetched"))
        }
        _ => None,
    }
}

/// Where the browser listens, once it says so.
fn address(file: &Path) -> String {
    let started = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(file)
            && let [port, path] = text.lines().collect::<Vec<_>>()[..]
        {
            return format!("ws://127.0.0.1:{port}{path}");
        }
        assert!(started.elapsed() < PATIENCE, "the browser does not say where it listens");
        thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _: io::Result<_> = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
