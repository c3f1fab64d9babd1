//! Services of which a second container must not run beside the first.

use std::collections::BTreeSet;

use super::Service;
use super::value::Value;

/// Keys that tie a container to a place of which there is one.
const TIED: &[&str] = &["volumes_from", "network_mode", "pid", "ipc", "devices", "scale", "mac_address"];

/// The ids of those among `services` that an update stops before it starts their next container.
pub(super) fn ids(services: &[Service]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for service in services {
        let Value::Map(keys) = &service.production else { continue };
        let mut tied = service.one_shot;
        for (key, value) in keys {
            match key.as_str() {
                "volumes" => tied |= items(value).iter().any(owns_data),
                "networks" => tied |= has_fixed_address(value),
                "deploy" => tied |= has(value, "replicas"),
                key if TIED.contains(&key) => {
                    tied = true;
                    // Whose namespace or volumes it shares may not be replaced under it either.
                    ids.extend(texts(value).filter_map(shared_with).map(str::to_owned));
                }
                _ => {}
            }
        }
        if tied {
            ids.insert(service.id.as_str().to_owned());
        }
    }
    ids
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        _ => &[],
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_text().into_iter().chain(items(value).iter().filter_map(Value::as_text))
}

/// `service:ID`, or in `volumes_from` `ID[:ro]`.
fn shared_with(text: &str) -> Option<&str> {
    text.strip_prefix("service:").unwrap_or(text).split(':').next()
}

/// Files of the release are mounted read-only, and memory belongs to one container: everything else is data.
fn owns_data(mount: &Value) -> bool {
    match mount {
        Value::Map(entries) => {
            let kind = entries.iter().find(|(key, _)| key == "type").and_then(|(_, value)| value.as_text());
            !matches!(kind, Some("bind" | "tmpfs" | "image"))
        }
        mount => {
            !mount.as_text().unwrap_or_default().starts_with('/')
                || mount.as_text().is_some_and(|text| !text.contains(':'))
        }
    }
}

fn has_fixed_address(networks: &Value) -> bool {
    let Value::Map(networks) = networks else { return false };
    let fixed = ["ipv4_address", "ipv6_address", "mac_address"];
    networks.iter().any(|(_, options)| fixed.iter().any(|key| has(options, key)))
}

fn has(mapping: &Value, wanted: &str) -> bool {
    matches!(mapping, Value::Map(entries) if entries.iter().any(|(key, _)| key == wanted))
}
