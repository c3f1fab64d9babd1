use std::collections::BTreeMap;

use super::super::fix::{Edit, Fix};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::source::{Level, Span};

#[doc = include_str!("pull_squatting.md")]
pub(crate) static RULE: Rule = Rule {
    id: "pull-squatting",
    level: Level::Warning,
    summary: "an image of your own would be asked of a public registry",
    page: include_str!("pull_squatting.md"),
    check,
};

/// Names of Docker Official Images, also of retired ones (<https://github.com/docker-library/official-images/tree/master/library>).
/// Only Docker can put an image there; any other name of one part is somebody's own.
const OFFICIAL: &str = " adminer adoptopenjdk aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall \
    arangodb archlinux backdrop bash bonita buildpack-deps busybox caddy cassandra centos chronograf cirros clearlinux \
    clefos clickhouse clojure composer consul convertigo couchbase couchdb crate crux dart debian docker drupal \
    dragonfly eclipse-mosquitto eclipse-temurin eggdrop elasticsearch elixir emqx erlang euleros express-gateway fedora \
    flink fluentd friendica gazebo gcc geonetwork ghost golang gradle groovy haproxy haskell haxe hello-world hitch httpd \
    hylang ibmjava influxdb irssi jenkins jetty jobber joomla jruby julia kaazing-gateway kapacitor kibana kong \
    krakend lightstreamer liquibase logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express \
    monica mono mysql nats nats-streaming neo4j neurodebian nextcloud nginx node notary nuxeo odoo open-liberty openjdk \
    opensuse oraclelinux orientdb owncloud percona perl photon php php-zendserver phpmyadmin piwik plone postfixadmin \
    postgres pypy python r-base rabbitmq rakudo-star rapidoid redis redmine registry rethinkdb rocket.chat rockylinux \
    ros ruby rust sapmachine satosa scratch sentry silverpeas sl solr sonarqube sourcemage spark spiped storm swift \
    swipl teamspeak telegraf thrift tomcat tomee traefik ubi ubuntu unit varnish vault websphere-liberty wordpress \
    xwiki yourls znc zookeeper ";

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let built = built(world);
    for (_, project) in world.servers() {
        let mut parts: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
        for service in &project.services {
            parts.entry(service.name.value.as_str()).or_default().push(service);
        }
        for parts in parts.values() {
            // The last file that says it counts.
            let policy = parts.iter().rev().find_map(|service| service.pull_policy.as_ref());
            let policy = policy.map(|policy| policy.value.as_str());
            let Some(image) = parts.iter().rev().find_map(|service| service.image.as_ref()) else { continue };
            let repository = repository(&image.value);
            // A digest names its content: another image cannot take its place. `build` asks nobody.
            if matches!(policy, Some("never" | "build")) || image.value.contains('@') || repository.contains('$') {
                continue;
            }
            let Some(place) = public_place(repository) else { continue };
            let built = built.get(repository);
            if built.is_none() && (repository.contains('/') || OFFICIAL.contains(&format!(" {repository} "))) {
                continue;
            }
            let message = format!(
                "`{}` is asked of {place} when it is absent, and nothing says that it is yours there",
                image.value
            );
            let path = world.facts.path(image.span);
            let help =
                format!("write `pull_policy: never` beside it in {path}, or the registry's host before its name");
            let mut draft =
                Draft::new(message, image.span, "no host: a name of Docker Hub", help).fix(never(world, image.span));
            if let Some(span) = built.filter(|span| span.file != image.span.file || span.start != image.span.start) {
                draft = draft.related(*span, "it is built here");
            }
            sink.find(draft);
        }
    }
}

/// Repositories that a Compose file of the tree builds, with the place.
fn built(world: &World<'_>) -> BTreeMap<String, Span> {
    let services = world.facts.compose.iter().flat_map(|file| &file.services);
    let mut built = BTreeMap::new();
    for service in services {
        if let (Some(build), Some(image)) = (&service.build, &service.image) {
            built.entry(repository(&image.value).to_owned()).or_insert(build.key);
        }
    }
    built
}

/// `pull_policy: never` beside an image. An image that is meant to be pulled would be pulled no more.
fn never(world: &World<'_>, image: Span) -> Option<Fix> {
    let text = &world.facts.texts.sources.get(image.file).text;
    let (before, behind) = (&text[..image.start as usize], &text[image.end as usize..]);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let rest = behind.split('\n').next().unwrap_or_default();
    let key = line.trim_start();
    let edit = if key.trim_end() == "image:" {
        let indent = &line[..line.len() - key.len()];
        // Behind a comment on the line too.
        Edit::insert(
            image,
            image.end as usize + rest.trim_end_matches('\r').len(),
            format!("\n{indent}pull_policy: never"),
        )
    } else if key.contains('{') && rest.trim_start().starts_with([',', '}']) {
        Edit::insert(image, image.end as usize, ", pull_policy: never")
    } else {
        return None;
    };
    Some(Fix::unsafely("write `pull_policy: never` beside it", vec![edit]))
}

/// Without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// Where Docker looks for a name without a host. The first part is a host when it has a dot or a port, or is `localhost`
/// (<https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed>).
fn public_place(repository: &str) -> Option<String> {
    match repository.split_once('/') {
        None => Some(format!("docker.io/library/{repository}")),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => None,
        Some(_) => Some(format!("docker.io/{repository}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{public_place, repository};

    #[test]
    fn a_host_has_a_dot_or_a_port() {
        let place = |image: &str| public_place(repository(image));
        assert_eq!(place("app-server:prod").as_deref(), Some("docker.io/library/app-server"));
        assert_eq!(place("acme/app").as_deref(), Some("docker.io/acme/app"));
        assert_eq!(place("ghcr.io/acme/app:1"), None);
        assert_eq!(place("localhost/app:1"), None);
        assert_eq!(place("registry:5000/app"), None);
    }
}
