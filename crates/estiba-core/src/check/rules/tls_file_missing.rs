use std::collections::BTreeMap;

use super::super::repeats::socket;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::Level;

#[doc = include_str!("tls_file_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "tls-file-missing",
    level: Level::Error,
    summary: "a server listens for TLS and has no certificate",
    page: include_str!("tls_file_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        // nginx asks the default server of each address: the one that says so, or the first.
        let mut defaults: BTreeMap<String, (&Placed, bool)> = BTreeMap::new();
        let mut encrypted: BTreeMap<String, &Placed> = BTreeMap::new();
        for listen in config.named("listen").filter(|listen| in_http(config, listen)) {
            let Some(address) = socket(listen) else { continue };
            let has = |wanted: &str| listen.args.iter().skip(1).any(|word| word.text == wanted);
            let chosen = has("default_server") || has("default");
            // QUIC is encrypted always.
            if has("ssl") || has("quic") {
                encrypted.entry(address.clone()).or_insert(listen);
            }
            let known = defaults.entry(address).or_insert((listen, chosen));
            if chosen && !known.1 {
                *known = (listen, true);
            }
        }
        for (address, ssl) in encrypted {
            let Some((default, _)) = defaults.get(&address) else { continue };
            if has_certificate(config, default) {
                sink.found();
                others(world, sink, config, &address, default);
                continue;
            }
            let path = world.facts.path(default.name.span);
            let message =
                format!("the server that answers on {address} has no certificate, and {address} is encrypted");
            let help = format!(
                "give it `ssl_certificate` and `ssl_certificate_key`, or `ssl_reject_handshake on;`: change {path}"
            );
            let mut draft = Draft::new(message, default.name.span, "nginx does not start", help);
            if ssl.name.span != default.name.span {
                draft = draft.related(ssl.name.span, "TLS is switched on here, for every server of this address");
            }
            sink.not_found(draft);
        }
    }
}

/// Where the default server refuses handshakes instead of having a certificate, nginx asks every other one.
fn others(world: &World<'_>, sink: &mut Sink<'_>, config: &Config, address: &str, default: &Placed) {
    if config.holds_around("ssl_certificate", default.block) {
        return;
    }
    let all = config.named("listen").filter(|listen| in_http(config, listen) && listen.block != default.block);
    for listen in all.filter(|listen| socket(listen).as_deref() == Some(address)) {
        if has_certificate(config, listen) {
            continue;
        }
        let path = world.facts.path(listen.name.span);
        let message = format!("a server of {address} has no certificate, and {address} is encrypted");
        let help = format!("give it `ssl_certificate` and `ssl_certificate_key`: change {path}");
        let draft = Draft::new(message, listen.name.span, "nginx does not start", help);
        sink.not_found(draft.related(default.name.span, "the default server has none either, and refuses handshakes"));
    }
}

fn in_http(config: &Config, listen: &Placed) -> bool {
    config.blocks.get(listen.block).and_then(|block| block.context) == Some(crate::syntax::nginx::Context::Server)
}

/// In the server itself, or around it.
fn has_certificate(config: &Config, listen: &Placed) -> bool {
    let rejects = |at| {
        let mut here = config.named("ssl_reject_handshake").filter(|directive| directive.block == at);
        here.any(|directive| directive.args.first().is_some_and(|word| word.text == "on"))
    };
    config.holds_around("ssl_certificate", listen.block)
        || config.around(listen.block).any(rejects)
        // A part that is not in the tree may hold it.
        || !config.is_whole_around(listen.block)
}
