//! The one table of what `estiba.yml` may hold.

use super::kinds;
use super::shape::{Field, Shape};

/// Docker's own names for the two architectures we ship for.
pub(super) const ARCHITECTURES: &[&str] = &["amd64", "arm64"];
pub(super) const MODES: &[&str] = &["minimal", "hybrid"];
pub(super) const LANGUAGES: &[&str] = &["en", "es"];
pub(super) const PROXY_KINDS: &[&str] = &["container", "host"];
pub(super) const AUTHORITIES: &[&str] = &["letsencrypt", "letsencrypt-staging"];

const fn required(name: &'static str, shape: &'static Shape, doc: &'static str, example: &'static str) -> Field {
    Field { name, shape, required: true, doc, example, default: None }
}

const fn optional(name: &'static str, shape: &'static Shape, doc: &'static str, example: &'static str) -> Field {
    Field { name, shape, required: false, doc, example, default: None }
}

const fn defaulted(
    name: &'static str,
    shape: &'static Shape,
    doc: &'static str,
    example: &'static str,
    default: &'static str,
) -> Field {
    Field { name, shape, required: false, doc, example, default: Some(default) }
}

pub(super) static DESCRIPTION: Shape = Shape::Object(FIELDS);

static PORT: Shape = Shape::Integer { min: 1, max: 65_535 };
static DOMAIN: Shape = Shape::Kind(&kinds::DOMAIN);
static IMAGE: Shape = Shape::Kind(&kinds::IMAGE);
static NAME: Shape = Shape::Kind(&kinds::NAME);
static COMPOSE: Shape = Shape::Compose;

static FIELDS: &[Field] = &[
    required(
        "project",
        &Shape::Kind(&kinds::PROJECT),
        "The project's name. Every service, network, volume and label on the server begins with it.",
        r#""jupiter""#,
    ),
    defaulted(
        "language",
        &Shape::Choice(LANGUAGES),
        "The language of the guide, the prompts and the warnings of the generated tree.",
        r#""es""#,
        r#""en""#,
    ),
    defaulted(
        "mode",
        &Shape::Choice(MODES),
        "The first state of the server: `minimal` is services, nginx and TLS; `hybrid` adds Prometheus, Grafana and Alertmanager.",
        r#""hybrid""#,
        r#""minimal""#,
    ),
    required("server", &Shape::Object(SERVER), "The server that the tree is for.", r#"{"host": "vps.example.com"}"#),
    defaulted(
        "proxy",
        &Shape::Object(PROXY),
        "Where nginx runs.",
        r#"{"runs": "container"}"#,
        r#"{"runs": "container"}"#,
    ),
    required("tls", &Shape::Object(TLS), "Who issues the certificates.", r#"{"email": "ops@example.com"}"#),
    optional(
        "services",
        &Shape::Map(&kinds::SERVICE, &Shape::Service(SERVICE_EXTRAS)),
        "The services, in Compose's own words (https://docs.docker.com/reference/compose-file/services/), with `web:` and `metrics:` beside them.",
        r#"{"app": {"image": "app:prod"}}"#,
    ),
    optional(
        "compose",
        &Shape::Kind(&kinds::PROJECT_PATH),
        "Instead of `services:`, a Compose file of the project, which stays as it is.",
        r#""compose.yaml""#,
    ),
    optional(
        "web",
        &Shape::Map(&kinds::SERVICE, &WEB),
        "What is reachable from outside, by service name; also static sites and redirects under names of their own.",
        r#"{"app": {"host": "app.example.com", "port": 3000}}"#,
    ),
    optional(
        "metrics",
        &Shape::Map(&kinds::SERVICE, &METRICS),
        "Prometheus endpoints by service name, beside a `compose:` file.",
        r#"{"app": {"port": 3000}}"#,
    ),
    optional(
        "release",
        &Shape::Map(&kinds::SERVICE, &RELEASE),
        "Commands before a release by service name, beside a `compose:` file.",
        r#"{"app": {"before": ["/app", "migrate"]}}"#,
    ),
    defaulted(
        "volumes",
        &Shape::Map(&kinds::NAME, &COMPOSE),
        "Named volumes, as in Compose.",
        r#"{"database": {}}"#,
        "{}",
    ),
    defaulted(
        "networks",
        &Shape::Map(&kinds::NAME, &COMPOSE),
        "Networks of the project's own, as in Compose. A service without `networks:` joins the network `private`.",
        r#"{"backend": {"internal": true}}"#,
        "{}",
    ),
    defaulted(
        "secrets",
        &Shape::Map(&kinds::NAME, &Shape::Optional(&Shape::Object(SECRET))),
        "Secrets live on the server only. Each is generated there, asked, or read from standard input.",
        r#"{"database_password": {"generate": 32}}"#,
        "{}",
    ),
    defaulted(
        "variables",
        &Shape::Map(&kinds::VARIABLE, &Shape::Scalar),
        "Values without secrets that `${NAME}` in services stands for.",
        r#"{"LOG_LEVEL": "info"}"#,
        "{}",
    ),
    optional(
        "monitoring",
        &Shape::Object(MONITORING),
        "Prometheus, Grafana and Alertmanager behind a login. Needed for `mode: hybrid`.",
        r#"{"hosts": {"grafana": "grafana.example.com", "prometheus": "prometheus.example.com", "alertmanager": "alertmanager.example.com"}}"#,
    ),
];

static SERVER: &[Field] = &[
    required("host", &Shape::Kind(&kinds::SSH_HOST), "The host that ssh reaches.", r#""vps.example.com""#),
    defaulted("user", &Shape::Kind(&kinds::USER), "The user that ssh logs in as.", r#""deploy""#, r#""deploy""#),
    optional(
        "path",
        &Shape::Kind(&kinds::SERVER_PATH),
        "The folder on the server. `/opt/<project>` when absent.",
        r#""/opt/jupiter""#,
    ),
    defaulted("arch", &Shape::Choice(ARCHITECTURES), "The server's processor.", r#""amd64""#, r#""amd64""#),
];

static PROXY: &[Field] = &[
    defaulted(
        "runs",
        &Shape::Choice(PROXY_KINDS),
        "`container`: nginx as a service of the project. `host`: the distribution's nginx.",
        r#""container""#,
        r#""container""#,
    ),
    optional("image", &IMAGE, "The image of nginx, 1.27.4 or newer, for `runs: container`.", r#""nginx:1.30.6""#),
];

static TLS: &[Field] = &[
    required(
        "email",
        &Shape::Kind(&kinds::EMAIL),
        "Where the authority writes before a certificate ends.",
        r#""ops@example.com""#,
    ),
    defaulted(
        "ca",
        &Shape::ChoiceOr(AUTHORITIES, &kinds::HTTPS_URL),
        "`letsencrypt`, `letsencrypt-staging`, or the directory address of another ACME authority.",
        r#""letsencrypt""#,
        r#""letsencrypt""#,
    ),
];

static SECRET: &[Field] = &[
    optional(
        "generate",
        &Shape::Integer { min: 16, max: 256 },
        "Generated on the server, with this many characters of `A-Z a-z 0-9`.",
        "32",
    ),
    optional("format", &Shape::Choice(&["url"]), "What the value must be: `url` is an http(s) address.", r#""url""#),
];

static SERVICE_EXTRAS: &[Field] = &[
    optional(
        "web",
        &WEB,
        "Where the service is reachable from outside; one entry or a list.",
        r#"{"host": "app.example.com", "port": 3000}"#,
    ),
    optional("metrics", &METRICS, "Where Prometheus finds the service's metrics.", r#"{"port": 3000}"#),
    optional(
        "release",
        &RELEASE,
        "What an update runs before it sends anybody to the service's new image.",
        r#"{"before": ["/app", "migrate"]}"#,
    ),
];

static RELEASE: Shape = Shape::Object(&[required(
    "before",
    &Shape::List(&Shape::Scalar),
    "A command, word by word as it is typed, that every update of the server runs once in the new image, such as the migration of a database. If it fails, the release before stays in force.",
    r#"["/app", "migrate"]"#,
)]);

static METRICS: Shape = Shape::Object(&[
    required("port", &PORT, "The port inside the container.", "3000"),
    defaulted("path", &Shape::Kind(&kinds::URL_PATH), "The path of the metrics.", r#""/metrics""#, r#""/metrics""#),
]);

static WEB: Shape = Shape::OneOrMany(&Shape::Object(&[
    required("host", &DOMAIN, "The public domain name.", r#""app.example.com""#),
    defaulted("path", &Shape::Kind(&kinds::URL_PATH), "The path below the host.", r#""/api""#, r#""/""#),
    optional("port", &PORT, "The port the service listens on inside its container.", "3000"),
    defaulted("strip", &Shape::Boolean, "Whether the path is removed before the service sees it.", "true", "false"),
    optional(
        "static",
        &Shape::Kind(&kinds::PROJECT_PATH),
        "A folder below `files/` served as a static site, instead of a service.",
        r#""files/site""#,
    ),
    optional(
        "redirect",
        &Shape::Kind(&kinds::HTTPS_URL),
        "An address that this host redirects to, instead of a service.",
        r#""https://app.example.com""#,
    ),
    defaulted(
        "redirect_from",
        &Shape::List(&DOMAIN),
        "Other names, such as `www`, that redirect to this host. Each gets a certificate of its own.",
        r#"["www.example.com"]"#,
        "[]",
    ),
    defaulted("max_body", &Shape::Kind(&kinds::NGINX_SIZE), "The largest request body.", r#""20m""#, r#""20m""#),
    defaulted(
        "timeout",
        &Shape::Integer { min: 1, max: 86_400 },
        "Seconds that nginx waits for the service.",
        "60",
        "60",
    ),
    optional(
        "nginx",
        &Shape::NginxLines,
        "Lines of your own for the host's `server` block.",
        r#""add_header X-Robots-Tag noindex always;""#,
    ),
]));

static MONITORING: &[Field] = &[
    required(
        "hosts",
        &Shape::Object(MONITORING_HOSTS),
        "The domain names of the three pages.",
        r#"{"grafana": "grafana.example.com", "prometheus": "prometheus.example.com", "alertmanager": "alertmanager.example.com"}"#,
    ),
    defaulted(
        "auth",
        &Shape::Object(AUTH),
        "The login in front of the three pages.",
        r#"{"user": "admin"}"#,
        r#"{"user": "admin"}"#,
    ),
    optional("alerts", &Shape::Object(ALERTS), "Where alerts go.", r#"{"webhook": {"secret": "alert_webhook"}}"#),
    defaulted(
        "retention",
        &Shape::Object(RETENTION),
        "How long Prometheus keeps its data.",
        r#"{"time": "15d", "size": "2GB"}"#,
        r#"{"time": "15d", "size": "2GB"}"#,
    ),
    optional(
        "images",
        &Shape::Object(MONITORING_IMAGES),
        "Other images than the pinned ones.",
        r#"{"grafana": "grafana/grafana:12.3.0"}"#,
    ),
];

static MONITORING_HOSTS: &[Field] = &[
    required("grafana", &DOMAIN, "The domain name of Grafana.", r#""grafana.example.com""#),
    required("prometheus", &DOMAIN, "The domain name of Prometheus.", r#""prometheus.example.com""#),
    required("alertmanager", &DOMAIN, "The domain name of Alertmanager.", r#""alertmanager.example.com""#),
];

static AUTH: &[Field] =
    &[defaulted("user", &Shape::Kind(&kinds::LOGIN), "The login's name.", r#""admin""#, r#""admin""#)];

static ALERTS: &[Field] = &[required(
    "webhook",
    &Shape::Object(&[required("secret", &NAME, "The secret that holds the webhook's address.", r#""alert_webhook""#)]),
    "A webhook that Alertmanager calls.",
    r#"{"secret": "alert_webhook"}"#,
)];

static RETENTION: &[Field] = &[
    defaulted("time", &Shape::Kind(&kinds::DURATION), "The oldest data kept.", r#""15d""#, r#""15d""#),
    defaulted("size", &Shape::Kind(&kinds::BYTE_SIZE), "The most disk it takes.", r#""2GB""#, r#""2GB""#),
];

static MONITORING_IMAGES: &[Field] = &[
    optional("prometheus", &IMAGE, "The image of Prometheus.", r#""prom/prometheus:v3.5.3""#),
    optional("alertmanager", &IMAGE, "The image of Alertmanager, 0.26 or newer.", r#""prom/alertmanager:v0.33.0""#),
    optional("grafana", &IMAGE, "The image of Grafana.", r#""grafana/grafana:12.3.0""#),
    optional("node_exporter", &IMAGE, "The image of node_exporter.", r#""prom/node-exporter:v1.10.2""#),
    optional("blackbox_exporter", &IMAGE, "The image of blackbox_exporter.", r#""prom/blackbox-exporter:v0.28.0""#),
    optional(
        "nginx_exporter",
        &IMAGE,
        "The image of the nginx exporter, for `proxy.runs: container`.",
        r#""nginx/nginx-prometheus-exporter:1.5.1""#,
    ),
];
