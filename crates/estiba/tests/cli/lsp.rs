//! `estiba lsp` as an editor speaks with it: messages over standard input and output.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Project;

const COMPOSE: &str = "services:\n  proxy:\n    image: nginx:1.27\n    volumes: ['./ñ.conf:/etc/nginx/conf.d/a.conf']\n  app: { image: 'ghcr.io/a/app:1' }\n";
const NGINX: &str = "server {\n  location /ñ𝄞 { proxy_pass http://ap; }\n}\n";

/// An editor with a folder open.
struct Editor<'p> {
    project: &'p Project,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    last: u64,
}

impl<'p> Editor<'p> {
    fn open(project: &'p Project) -> Self {
        let mut child = project
            .command(&["lsp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut editor = Self { project, child, to, from, last: 0 };
        let root = editor.uri("");
        let answer = editor.ask("initialize", json!({ "rootUri": root.trim_end_matches('/'), "capabilities": {} }));
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        let folder = std::fs::canonicalize(self.project.path("")).unwrap();
        format!("file://{}/{}", folder.display(), path.replace('ñ', "%C3%B1"))
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.to.flush().unwrap();
    }

    fn tell(&mut self, method: &str, parameters: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "the server is gone");
            match line.trim().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message["result"].clone();
            }
        }
    }

    /// The next findings of a file.
    fn findings(&mut self, path: &str) -> Vec<Value> {
        let uri = self.uri(path);
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri {
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    fn type_into(&mut self, path: &str, text: &str) {
        let document = json!({ "uri": self.uri(path), "version": 2 });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    fn at(&self, path: &str, line: u32, character: u32) -> Value {
        json!({ "textDocument": { "uri": self.uri(path) }, "position": { "line": line, "character": character } })
    }

    fn close(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

fn project() -> Project {
    Project::empty().with("docker-compose.yml", COMPOSE).with("ñ.conf", NGINX)
}

/// Where `ap` stands: `ñ` counts one, `𝄞` two.
const WORD: (u64, u64) = (1, 29);

#[test]
fn findings_are_there_when_a_folder_is_opened_and_go_while_you_type() {
    let project = project();
    let mut editor = Editor::open(&project);
    let found = editor.findings("ñ.conf");
    assert_eq!((found.len(), &found[0]["code"]), (1, &json!("upstream-host-unknown")));
    assert_eq!(found[0]["range"]["start"], json!({ "line": WORD.0, "character": WORD.1 }));
    assert!(found[0]["relatedInformation"][0]["location"]["uri"].as_str().unwrap().ends_with("docker-compose.yml"));
    editor.type_into("ñ.conf", &NGINX.replace("ap;", "app;"));
    assert_eq!(editor.findings("ñ.conf"), [Value::Null; 0]);
    editor.close();
}

#[test]
fn hovering_explains_the_rule() {
    let project = project();
    let mut editor = Editor::open(&project);
    editor.findings("ñ.conf");
    let place = editor.at("ñ.conf", 1, 30);
    let hover = editor.ask("textDocument/hover", place);
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("# upstream-host-unknown\n"));
    let elsewhere = editor.at("ñ.conf", 0, 0);
    assert_eq!(editor.ask("textDocument/hover", elsewhere), Value::Null);
    editor.close();
}

#[test]
fn a_slip_can_be_mended() {
    let project = project();
    let mut editor = Editor::open(&project);
    editor.findings("ñ.conf");
    let place = editor.at("ñ.conf", 1, 30);
    let range = json!({ "start": place["position"], "end": place["position"] });
    let actions = editor.ask(
        "textDocument/codeAction",
        json!({ "textDocument": place["textDocument"], "range": range, "context": { "diagnostics": [] } }),
    );
    assert_eq!(actions[0]["title"], "write `app` instead of `ap`");
    let edit = &actions[0]["edit"]["changes"][editor.uri("ñ.conf")][0];
    let (line, start) = (WORD.0, WORD.1 + "http://".len() as u64);
    let range =
        json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": start + 2 } });
    assert_eq!(edit, &json!({ "range": range, "newText": "app" }));
    editor.close();
}

#[test]
fn an_address_leads_to_its_service_in_another_file() {
    let project = project();
    let mut editor = Editor::open(&project);
    editor.findings("ñ.conf");
    editor.type_into("ñ.conf", &NGINX.replace("ap;", "app;"));
    let place = editor.at("ñ.conf", 1, 37);
    let led = editor.ask("textDocument/definition", place);
    assert_eq!(led["uri"], editor.uri("docker-compose.yml"));
    assert_eq!(led["range"]["start"], json!({ "line": 4, "character": 2 }));
    editor.close();
}

#[test]
fn what_is_not_saved_stays_when_another_file_is() {
    let project = project();
    let mut editor = Editor::open(&project);
    editor.findings("ñ.conf");
    editor.type_into("ñ.conf", &NGINX.replace("ap;", "app;"));
    assert_eq!(editor.findings("ñ.conf"), [Value::Null; 0]);
    let saved = json!({ "textDocument": { "uri": editor.uri("docker-compose.yml") } });
    editor.tell("textDocument/didSave", saved);
    let place = editor.at("ñ.conf", 1, 30);
    assert_eq!(editor.ask("textDocument/hover", place), Value::Null);
    editor.close();
}

#[test]
fn what_is_closed_without_saving_is_as_on_disk_again() {
    let project = project();
    let mut editor = Editor::open(&project);
    editor.findings("ñ.conf");
    editor.type_into("ñ.conf", &NGINX.replace("ap;", "app;"));
    assert_eq!(editor.findings("ñ.conf"), [Value::Null; 0]);
    let closed = json!({ "textDocument": { "uri": editor.uri("ñ.conf") } });
    editor.tell("textDocument/didClose", closed);
    assert_eq!(editor.findings("ñ.conf").len(), 1);
    editor.close();
}

#[test]
fn the_description_is_completed_and_judged() {
    let project = Project::small();
    let mut editor = Editor::open(&project);
    let text = format!("{}    im", crate::support::SMALL);
    let document = json!({ "uri": editor.uri("estiba.yml"), "languageId": "yaml", "version": 1, "text": text });
    editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
    assert!(!editor.findings("estiba.yml").is_empty());
    let line = u32::try_from(text.lines().count()).unwrap() - 1;
    let place = editor.at("estiba.yml", line, 6);
    let items = editor.ask("textDocument/completion", place);
    assert!(items.as_array().unwrap().iter().any(|item| item["label"] == "metrics"), "{items}");
    editor.type_into("estiba.yml", crate::support::SMALL);
    assert_eq!(editor.findings("estiba.yml"), [Value::Null; 0]);
    editor.close();
}

/// Two hundred files, and keys pressed in one of them. A measure, not a limit: it says what this build needs.
#[test]
#[expect(clippy::print_stdout, reason = "the measure is what it is for")]
fn a_finding_comes_soon_after_a_key() {
    let mut compose =
        "services:\n  proxy:\n    image: nginx:1.27\n    volumes: ['./sites:/etc/nginx/conf.d']\n".to_owned();
    let mut project = Project::empty();
    for at in 0..199 {
        compose.push_str(&format!("  app{at}: {{ image: 'ghcr.io/a/app:{at}' }}\n"));
        let site =
            format!("server {{\n  server_name s{at}.example;\n  location / {{ proxy_pass http://app{at}:80; }}\n}}\n");
        project = project.with(&format!("sites/{at}.conf"), site);
    }
    let project = project.with("docker-compose.yml", compose);
    let mut editor = Editor::open(&project);
    let site = project.text("sites/7.conf");
    let mut times = Vec::new();
    for press in 0..40 {
        let text = if press % 2 == 0 { site.replace("app7", "nobody") } else { site.clone() };
        let began = Instant::now();
        editor.type_into("sites/7.conf", &text);
        let found = editor.findings("sites/7.conf");
        times.push(began.elapsed());
        assert_eq!(found.len(), 1 - press % 2);
    }
    times.sort();
    println!("200 files, key to finding: median {:?}, p95 {:?}", times[times.len() / 2], times[times.len() * 95 / 100]);
    assert!(times[times.len() / 2] < Duration::from_secs(2), "{times:?}");
    editor.close();
}
