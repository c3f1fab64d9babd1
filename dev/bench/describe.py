#!/usr/bin/python3
"""describe.py COUNT: prints a project description with that many services, deterministic and of a plausible mix.

Of twelve services: one database with a volume and a secret, seven web services behind nginx, four workers without a port.
"""

import sys

HEAD = """\
project: bench
language: en
mode: hybrid
server: { host: vps.bench.example, user: deploy, path: /opt/bench, arch: amd64 }
proxy: { runs: container }
tls: { email: ops@bench.example, ca: letsencrypt }
services:
"""

TAIL = """\
monitoring:
  hosts: { grafana: grafana.bench.example, prometheus: prometheus.bench.example, alertmanager: alertmanager.bench.example }
  auth: { user: admin }
  alerts: { webhook: { secret: alert_webhook } }
  retention: { time: 15d, size: 2GB }
"""


def service(index: int) -> str:
    group, place = divmod(index, 12)
    database = f"database-{group}"
    if place == 0:
        return f"""\
  {database}:
    image: postgres:17
    environment: {{ POSTGRES_PASSWORD_FILE: /run/secrets/database_password_{group} }}
    volumes: [{database}:/var/lib/postgresql/data]
    healthcheck: {{ test: [CMD-SHELL, pg_isready -h 127.0.0.1 -U postgres], interval: 2s }}
    secrets: [database_password_{group}]
"""
    web = ""
    if place <= 7:
        web = f"    web: {{ host: site-{group}.bench.example, path: /part-{place}, strip: true, port: 3000 }}\n"
    return f"""\
  part-{group}-{place}:
    image: bench-part-{place}:prod
{web}    environment: {{ DATABASE_HOST: {database}, ROLE: "part {place} of {group}" }}
    healthcheck: {{ test: [CMD, /part, healthcheck], interval: 2s }}
    depends_on: {{ {database}: {{ condition: service_healthy }} }}
    secrets: [database_password_{group}]
"""


def main() -> None:
    count = int(sys.argv[1])
    groups = range((count + 11) // 12)
    out = [HEAD]
    out += [service(index) for index in range(count)]
    out.append("volumes:\n")
    out += [f"  database-{group}: {{}}\n" for group in groups]
    out.append("secrets:\n  alert_webhook: { format: url }\n")
    out += [f"  database_password_{group}: {{ generate: 32 }}\n" for group in groups]
    out.append(TAIL)
    sys.stdout.write("".join(out))


main()
