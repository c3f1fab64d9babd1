//! The findings of a check in an editor, by the Language Server Protocol
//! (<https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/>).

mod complete;
mod place;
mod session;

use lsp_server::{Connection, Message, Notification, Request, Response};
use serde_json::{Value, json};

use place::Unit;
use session::Session;

/// Speaks until the editor ends it.
pub(crate) fn serve() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let (id, parameters) = connection.initialize_start().map_err(|error| error.to_string())?;
    let encodings = parameters.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
    let utf8 = encodings.is_some_and(|known| known.iter().any(|encoding| encoding == "utf-8"));
    let unit = if utf8 { Unit::Utf8 } else { Unit::Utf16 };
    let capabilities = json!({
        "positionEncoding": if utf8 { "utf-8" } else { "utf-16" },
        // The whole text with each change: trees are small, and nothing can go out of step.
        "textDocumentSync": { "openClose": true, "change": 1, "save": true },
        "hoverProvider": true,
        "definitionProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "completionProvider": {},
    });
    let answer = json!({
        "capabilities": capabilities,
        "serverInfo": { "name": "estiba", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, answer).map_err(|error| error.to_string())?;
    let root = root(&parameters).ok_or("the editor opened no folder")?;
    let mut session = Session::open(&root, unit)?;
    tell(&connection, session.check());
    run(&connection, &mut session)?;
    drop(connection);
    threads.join().map_err(|error| error.to_string())
}

/// The folder that the editor opened.
fn root(parameters: &Value) -> Option<std::path::PathBuf> {
    let uri = parameters.pointer("/workspaceFolders/0/uri").or_else(|| parameters.get("rootUri"))?;
    place::path(uri.as_str()?)
}

fn run(connection: &Connection, session: &mut Session) -> Result<(), String> {
    while let Ok(message) = connection.receiver.recv() {
        let mut changed = false;
        let mut next = Some(message);
        // What was typed meanwhile is checked once.
        while let Some(message) = next {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request).map_err(|error| error.to_string())? {
                        return Ok(());
                    }
                    if changed {
                        tell(connection, session.check());
                        changed = false;
                    }
                    let _ = connection.sender.send(Message::Response(answer(session, request)));
                }
                Message::Notification(notification) => {
                    changed |= session.take(&notification.method, &notification.params)
                }
                Message::Response(_) => {}
            }
            next = connection.receiver.try_recv().ok();
        }
        if changed {
            tell(connection, session.check());
        }
    }
    Ok(())
}

/// Publishes the findings of each file that has some, and that had some.
fn tell(connection: &Connection, files: Vec<Value>) {
    for file in files {
        let notification = Notification::new("textDocument/publishDiagnostics".to_owned(), file);
        let _ = connection.sender.send(Message::Notification(notification));
    }
}

fn answer(session: &Session, request: Request) -> Response {
    let Request { id, method, params } = request;
    match method.as_str() {
        "textDocument/hover" => Response::new_ok(id, session.hover(&params)),
        "textDocument/definition" => Response::new_ok(id, session.definition(&params)),
        "textDocument/codeAction" => Response::new_ok(id, session.actions(&params)),
        "textDocument/completion" => Response::new_ok(id, session.complete(&params)),
        _ => Response::new_err(id, -32601, format!("`{method}` is not known here")),
    }
}
